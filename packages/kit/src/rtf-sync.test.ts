import assert from 'node:assert/strict';
import { utf8Decode, utf8Encode } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import { compressRtf, decompressRtf, encapsulateHtml, encapsulateText, readRtf } from '@nodemapi/format-rtf';
import {
  MapiError,
  type MapiErrorCode,
  PR_BODY,
  PR_RTF_COMPRESSED,
  PR_RTF_IN_SYNC,
  PR_RTF_SYNC_BODY_COUNT,
  PR_RTF_SYNC_BODY_CRC,
  PR_RTF_SYNC_BODY_TAG,
  PR_RTF_SYNC_PREFIX_COUNT,
  PR_RTF_SYNC_TRAILING_COUNT,
  type PropValue,
  prop,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { MemoryStream } from './memory-stream.ts';
import { getProp } from './prop-access.ts';
import { dropBodyForRtf, RTF_SYNC_TAGS, rtfSync } from './rtf-sync.ts';
import { breaksTextSync } from './store-rules/text-sync.ts';
import {
  MAPI_NATIVE_BODY_TYPE_HTML,
  MAPI_NATIVE_BODY_TYPE_PLAINTEXT,
  MAPI_NATIVE_BODY_TYPE_RTF,
  wrapCompressedRtfStream,
  wrapCompressedRtfStreamEx,
} from './wrap-rtf-stream.ts';

const rtfOf = (text: string): PropValue => prop(PR_RTF_COMPRESSED, compressRtf(encapsulateText(text)));
const bodyOf = async (message: MessageDouble): Promise<unknown> => getProp(message, PR_BODY);

async function textInRtf(message: MessageDouble): Promise<string> {
  const body = readRtf(decompressRtf((await getProp(message, PR_RTF_COMPRESSED)) ?? new Uint8Array(0)).rtf);
  return body.kind === 'html' ? body.html : body.text;
}

function code(expected: MapiErrorCode): (error: unknown) => boolean {
  return (error) => MapiError.is(error, expected);
}

/** RTF whose checksum does not match. */
function damagedRtf(): PropValue {
  const bytes = compressRtf(encapsulateText('lost'));
  bytes[12] = (bytes[12] ?? 0) ^ 1;
  return prop(PR_RTF_COMPRESSED, bytes);
}

describe('RTFSync', () => {
  test('RTF-006: says whether the message has changed, and wants to know what has', async () => {
    const message = new MessageDouble([prop(PR_BODY, 'text'), rtfOf('other')]);
    assert.equal(await rtfSync(message, { bodyChanged: true }), true);
    assert.equal(await rtfSync(message, { bodyChanged: true }), false);
    await assert.rejects(rtfSync(message, {}), code('MAPI_E_INVALID_PARAMETER'));
    assert.equal(await rtfSync(new MessageDouble(), { bodyChanged: true }), false);
  });

  test('RTF-007: before RTF is read that is not in step, the text makes it anew', async () => {
    for (const before of [[], [rtfOf('old')], [rtfOf('old'), prop(PR_RTF_IN_SYNC, false)]]) {
      const message = new MessageDouble([prop(PR_BODY, 'new λ\r\n'), ...before]);
      assert.equal(await rtfSync(message, { bodyChanged: true }), true);
      assert.deepEqual([await textInRtf(message), await getProp(message, PR_RTF_IN_SYNC)], ['new λ\r\n', true]);
    }
  });

  test('RTF-008: after RTF was written the text follows it; if both were, the RTF is believed', async () => {
    for (const options of [{ rtfChanged: true }, { rtfChanged: true, bodyChanged: true }]) {
      const message = new MessageDouble([prop(PR_BODY, 'old'), rtfOf('new')]);
      assert.equal(await rtfSync(message, options), true);
      assert.deepEqual([await bodyOf(message), await getProp(message, PR_RTF_IN_SYNC)], ['new', true]);
    }
  });

  test('RTF-003: texts that differ in white space are in step, and stay as they are', async () => {
    const message = new MessageDouble([prop(PR_BODY, 'a  b\n'), rtfOf('a b')]);
    const rtf = await getProp(message, PR_RTF_COMPRESSED);
    await rtfSync(message, { rtfChanged: true, bodyChanged: true });
    assert.deepEqual([await bodyOf(message), await getProp(message, PR_RTF_COMPRESSED)], ['a  b\n', rtf]);
    assert.equal(await getProp(message, PR_RTF_IN_SYNC), true);
  });

  test('RTF-016: the marks beside PR_RTF_IN_SYNC are set with it', async () => {
    const message = new MessageDouble([prop(PR_BODY, ' \n ab c \t')]);
    await rtfSync(message, { bodyChanged: true });
    const { values } = await message.getProps(RTF_SYNC_TAGS);
    assert.ok(values.every((value) => value !== undefined));
    const tags = [PR_RTF_SYNC_BODY_COUNT, PR_RTF_SYNC_BODY_TAG, PR_RTF_SYNC_PREFIX_COUNT, PR_RTF_SYNC_TRAILING_COUNT];
    assert.deepEqual((await message.getProps(tags)).values, [3, 'abc', 3, 2]);
    const crc = await getProp(message, PR_RTF_SYNC_BODY_CRC);
    await message.setProps([prop(PR_BODY, 'abc')]);
    await rtfSync(message, { bodyChanged: true });
    assert.equal(await getProp(message, PR_RTF_SYNC_BODY_CRC), crc);
  });

  test('RTF-018: damaged RTF never replaces the text', async () => {
    const message = new MessageDouble([prop(PR_BODY, 'safe'), damagedRtf()]);
    await assert.rejects(rtfSync(message, { rtfChanged: true }), code('MAPI_E_CORRUPT_DATA'));
    assert.equal(await bodyOf(message), 'safe');
    await rtfSync(message, { bodyChanged: true });
    assert.equal(await textInRtf(message), 'safe');
  });

  test('a long text goes through a stream', async () => {
    const text = 'λ'.repeat(40_000);
    const message = new MessageDouble([rtfOf(text)]);
    await rtfSync(message, { rtfChanged: true });
    assert.equal(await bodyOf(message), text);
  });
});

describe('giving up the text', () => {
  test('RTF-017, RTF-018, MSG-028: the text goes only if the RTF is there and whole', async () => {
    const whole = new MessageDouble([prop(PR_BODY, 'text'), rtfOf('text')]);
    assert.equal(await dropBodyForRtf(whole), true);
    assert.equal(await bodyOf(whole), undefined);
    const cut = prop(PR_RTF_COMPRESSED, compressRtf(encapsulateText('text')).subarray(0, 40));
    const strange = prop(PR_RTF_COMPRESSED, utf8Encode('{\\rtf1 no header at all}'));
    for (const damaged of [damagedRtf(), cut, strange]) {
      const message = new MessageDouble([prop(PR_BODY, 'text'), damaged]);
      assert.equal(await dropBodyForRtf(message), false);
      assert.equal(await bodyOf(message), 'text');
    }
    assert.equal(await dropBodyForRtf(new MessageDouble([prop(PR_BODY, 'text')])), false);
  });
});

describe('a save', () => {
  const rtf = Uint8Array.from([1]);
  const lookup = (body: string | undefined, rtfBytes: Uint8Array, inSync: boolean | undefined) => (tag: number) =>
    new Map<number, unknown>([
      [PR_BODY, body],
      [PR_RTF_COMPRESSED, rtfBytes],
      [PR_RTF_IN_SYNC, inSync],
    ]).get(tag);

  test('RTF-004, RTF-005: breaks the bond if the text alone was changed, beyond white space', () => {
    const former = lookup('a b', rtf, true);
    assert.equal(breaksTextSync(former, lookup('a c', rtf, true)), true);
    assert.equal(breaksTextSync(former, lookup(undefined, rtf, true)), true);
    assert.equal(breaksTextSync(former, lookup(' a\r\nb', rtf.slice(), true)), false);
    assert.equal(breaksTextSync(former, lookup('a c', Uint8Array.from([2]), true)), false);
    assert.equal(breaksTextSync(former, lookup('a c', rtf, false)), false);
    assert.equal(breaksTextSync(former, lookup('a c', rtf, undefined)), false);
    assert.equal(breaksTextSync(undefined, lookup('a c', rtf, true)), false);
  });
});

describe('wrapped RTF', () => {
  const RTF = '{\\rtf1 wrapped}';
  const readAll = async (stream: { read(count: number): Promise<Uint8Array> }): Promise<string> => {
    let text = '';
    for (let piece = await stream.read(5); piece.length > 0; piece = await stream.read(5)) text += utf8Decode(piece);
    return text;
  };

  test('RTF-010: is read from its beginning, wherever the other stream stands', async () => {
    for (const stored of [true, false]) {
      const inner = new MemoryStream(compressRtf(utf8Encode(RTF), { stored }), { writable: false });
      await inner.seek(3);
      await using outer = await wrapCompressedRtfStream(inner);
      assert.equal(await readAll(outer), RTF);
      await assert.rejects(outer.write(utf8Encode('x')), code('MAPI_E_NO_ACCESS'));
      await assert.rejects(wrapCompressedRtfStream(inner, { modify: true }), code('MAPI_E_NO_ACCESS'));
    }
  });

  test('RTF-010, RTF-012: what is written is there after both commits, compressed or not', async () => {
    for (const storeUncompressed of [true, false]) {
      let kept: Uint8Array | undefined;
      const inner = new MemoryStream(utf8Encode('what was there before, and longer than what comes'), {
        onCommit: (bytes) => {
          kept = bytes;
        },
      });
      await using outer = await wrapCompressedRtfStream(inner, { modify: true, storeUncompressed });
      await outer.write(utf8Encode(RTF.slice(0, 4)));
      await outer.write(utf8Encode(RTF.slice(4)));
      await inner.commit();
      assert.notDeepEqual(kept, compressRtf(utf8Encode(RTF), { stored: storeUncompressed }));
      await outer.commit();
      await inner.commit();
      assert.deepEqual(kept, compressRtf(utf8Encode(RTF), { stored: storeUncompressed }));
      await assert.rejects(outer.read(1), code('MAPI_E_NO_ACCESS'));
    }
  });

  test('RTF-011: has no position, size or former state', async () => {
    const inner = new MemoryStream(compressRtf(utf8Encode(RTF)));
    for (const modify of [true, false]) {
      await using outer = await wrapCompressedRtfStream(inner, { modify });
      for (const call of [outer.seek(0), outer.setSize(0), outer.revert(), outer.stat()]) {
        await assert.rejects(call, code('MAPI_E_NO_SUPPORT'));
      }
    }
  });

  test('RTF-013: a native body is HTML, text or RTF, and cannot be modified', async () => {
    const forms = [
      [encapsulateHtml('<p>x</p>'), MAPI_NATIVE_BODY_TYPE_HTML, '<p>x</p>'],
      [encapsulateText('x'), MAPI_NATIVE_BODY_TYPE_PLAINTEXT, 'x'],
      [utf8Encode(RTF), MAPI_NATIVE_BODY_TYPE_RTF, RTF],
    ] as const;
    for (const [rtf, flags, text] of forms) {
      const { stream, streamFlags } = await wrapCompressedRtfStreamEx(new MemoryStream(compressRtf(rtf)), {
        nativeBody: true,
      });
      assert.deepEqual([streamFlags, await readAll(stream)], [flags, text]);
    }
    const inner = new MemoryStream();
    const both = wrapCompressedRtfStreamEx(inner, { nativeBody: true, modify: true });
    await assert.rejects(both, code('MAPI_E_INVALID_PARAMETER'));
  });

  test('RTF-014: code pages go with a native body alone, and 0 stands for that of the RTF', async () => {
    const plain = compressRtf(utf8Encode("{\\rtf1\\fromtext \\'e4}"));
    const native = async (options: { inCodePage?: number; outCodePage?: number }): Promise<string> => {
      const { stream } = await wrapCompressedRtfStreamEx(new MemoryStream(plain), { nativeBody: true, ...options });
      return Buffer.from(await stream.read(100)).toString('hex');
    };
    assert.equal(await native({}), 'e4');
    assert.equal(await native({ outCodePage: 65001 }), 'c3a4');
    assert.equal(await native({ inCodePage: 1251, outCodePage: 65001 }), 'd0b4');
    assert.equal(await native({ inCodePage: 0, outCodePage: 0 }), 'e4');
    const { stream } = await wrapCompressedRtfStreamEx(new MemoryStream(plain), { outCodePage: 65001 });
    assert.equal(await readAll(stream), "{\\rtf1\\fromtext \\'e4}");
  });

  test('RTF-002: damaged RTF is not given as if it were whole', async () => {
    const damaged = compressRtf(utf8Encode(RTF));
    await using outer = await wrapCompressedRtfStream(new MemoryStream(damaged.subarray(0, damaged.length - 1)));
    await assert.rejects(outer.read(1), code('MAPI_E_CORRUPT_DATA'));
  });
});
