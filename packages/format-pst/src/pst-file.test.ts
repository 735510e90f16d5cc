import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { MapiError, memoryRandomAccess, type RandomAccess } from '@nodemapi/base';
import {
  PR_ATTACH_LONG_FILENAME,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_SUBJECT,
  propOf,
} from '@nodemapi/mapi';
import { describe, it } from 'vitest';
import { sealHeader } from './compose.testing.ts';
import type { PstEncoding } from './crypt.ts';
import type { PstVersion } from './layout.ts';
import { PstFile } from './pst-file.ts';
import type { PstMessage } from './pst-message.ts';
import { entryId, FILE_BYTES, INBOX, LONG_TEXT, messageNid, OLE_BYTES, sample } from './sample.testing.ts';

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function wholeOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of chunks) parts.push(part);
  return Buffer.concat(parts);
}

/** The file of a sample as a source that reads into memory that is there, as a file of the computer does. */
function reusing(bytes: Uint8Array): RandomAccess {
  const source = memoryRandomAccess(bytes);
  const readInto = async (offset: number, into: Uint8Array): Promise<void> => {
    into.fill(0xee); // whoever still looks at what lay there is found out
    into.set(await source.read(offset, into.length));
  };
  return { ...source, readInto };
}

/** All that a message holds, in a form that can be compared. */
async function factsOf(message: PstMessage): Promise<unknown> {
  const attachments: unknown[] = [];
  for await (const attachment of message.attachments()) {
    const embedded = await attachment.embedded();
    attachments.push({
      name: await attachment.value(PR_ATTACH_LONG_FILENAME),
      ...(embedded === undefined
        ? { data: sha(await wholeOf(attachment.data())) }
        : { subject: await embedded.value(PR_SUBJECT) }),
    });
  }
  const recipients: unknown[] = [];
  for await (const row of message.recipients())
    recipients.push([propOf(row, PR_DISPLAY_NAME), propOf(row, PR_EMAIL_ADDRESS)]);
  return { subject: await message.value(PR_SUBJECT), body: await message.value(PR_BODY), recipients, attachments };
}

const expected = (nid: number): unknown => ({
  subject: `RE: message ${nid}`,
  body: LONG_TEXT,
  recipients: [
    ['Ann', 'ann@example.com'],
    ['Bob', 'bob@example.com'],
  ],
  attachments: [
    { name: 'data.bin', data: sha(FILE_BYTES) },
    { name: 'inner', subject: 'inner subject' },
    { name: 'object', data: sha(OLE_BYTES) },
  ],
});

describe('PstFile', () => {
  const versions: readonly PstVersion[] = ['ansi', 'unicode', 'unicode4k'];
  const encodings: readonly PstEncoding[] = ['none', 'permute', 'cyclic'];
  for (const version of versions) {
    for (const encoding of encodings) {
      it(`reads a whole ${version} file with the encoding ${encoding}, and finds nothing wrong`, async () => {
        const file = await PstFile.open(sample({ version, encoding, deflate: deflateSync }).source);
        const paths: string[] = [];
        for await (const { folder, path } of file.folders()) {
          paths.push(path.join('/'));
          if (folder.nid !== INBOX) continue;
          for await (const message of folder.messages())
            assert.deepEqual(await factsOf(message), expected(messageNid(0)));
        }
        assert.deepEqual(paths, ['', 'Top', 'Top/Inbox', 'Unread']);
        assert.deepEqual(file.diagnostics, []);
        assert.deepEqual([file.version, file.encoding], [version, encoding]);
      });
    }
  }

  it('reads trees of many levels and tables of many blocks', async () => {
    for (const version of versions) {
      const file = await PstFile.open(sample({ version, fanOut: 9, messages: 300 }).source);
      const inbox = await file.folder(INBOX);
      const subjects: unknown[] = [];
      for await (const row of inbox.contents()) subjects.push(propOf(await row.values(), PR_SUBJECT));
      assert.deepEqual(
        subjects,
        Array.from({ length: 300 }, (_, index) => `Subject of ${messageNid(index)}`),
      );
      assert.deepEqual(await factsOf(await file.message(messageNid(0))), expected(messageNid(0)));
      assert.equal(await (await file.message(messageNid(299))).value(PR_BODY), 'All play.');
      assert.deepEqual(file.diagnostics, []);
    }
  });

  it('reads the same in hardly any memory, from a source that uses its memory again, many at the same time', async () => {
    for (const version of versions)
      for (const encoding of encodings) {
        const { bytes } = sample({ version, encoding, fanOut: 9, messages: 12, deflate: deflateSync });
        for (const source of [memoryRandomAccess(bytes), reusing(bytes)])
          for (const cacheBytesMax of [1024, 40_000]) {
            const file = await PstFile.open(source, { cacheBytesMax });
            const nids: number[] = [];
            for await (const { nid } of (await file.folder(INBOX)).contents()) nids.push(nid);
            const found = await Promise.all(nids.map(async (nid) => factsOf(await file.message(nid))));
            assert.deepEqual(found[0], expected(messageNid(0)));
            assert.deepEqual(
              found.map((facts) => (facts as { readonly subject: unknown }).subject),
              Array.from({ length: 12 }, (_, index) => `RE: message ${messageNid(index)}`),
            );
            assert.deepEqual(file.diagnostics, []);
          }
      }
  });

  it('shows in a search folder the rows of messages that lie elsewhere', async () => {
    const file = await PstFile.open(sample({ messages: 2 }).source);
    for await (const { folder, path } of file.folders()) {
      assert.equal(folder.isSearch, path[0] === 'Unread');
      if (!folder.isSearch) continue;
      const nids: number[] = [];
      for await (const row of folder.contents()) nids.push(row.nid);
      assert.deepEqual(nids, [messageNid(0), messageNid(1)]);
    }
  });

  it('gives entry identifiers that lead back to their nodes, and none for those of other stores', async () => {
    const file = await PstFile.open(sample().source);
    assert.deepEqual(file.entryId(INBOX), entryId(INBOX));
    assert.equal(file.nidOf(entryId(INBOX)), INBOX);
    assert.equal(file.nidOf(new Uint8Array(24)), undefined);
    assert.equal(await file.ipmSubtreeNid(), 0x8022);
  });

  it('refuses what is no such file, is of an unknown version, or is encrypted with a key from elsewhere', async () => {
    const refuse = async (code: string, change: (bytes: Uint8Array) => void): Promise<void> => {
      const { bytes } = sample();
      change(bytes);
      sealHeader(bytes, 'unicode');
      await assert.rejects(
        PstFile.open(memoryRandomAccess(bytes)),
        (error) => MapiError.is(error) && error.code === code,
      );
    };
    await refuse('MAPI_E_CORRUPT_DATA', (bytes) => bytes.fill(0, 0, 4));
    await refuse('MAPI_E_VERSION', (bytes) => bytes.fill(1, 10, 11));
    await refuse('MAPI_E_VERSION', (bytes) => bytes.fill(0x10, 513, 514));
    await assert.rejects(PstFile.open(memoryRandomAccess(new Uint8Array(3))), /MAPI_E_CORRUPT_DATA/);
  });
});

it('reads a file of 50 GB, and of it only what it is asked for', async () => {
  const gap = 768 * 1024 * 1024;
  for (const version of ['unicode', 'unicode4k'] as const) {
    const { source } = sample({ version, messages: 3, gap });
    const size = await source.size();
    assert.ok(size > 50e9, `${size} bytes`);
    let bytesRead = 0;
    const counted: RandomAccess = {
      size: () => source.size(),
      read: (offset, length) => {
        bytesRead += length;
        return source.read(offset, length);
      },
    };
    const file = await PstFile.open(counted);
    assert.deepEqual(await factsOf(await file.message(messageNid(0))), expected(messageNid(0)));
    const paths: string[] = [];
    for await (const { path } of file.folders()) paths.push(path.join('/'));
    assert.ok(paths.length >= 3);
    assert.deepEqual(file.diagnostics, []);
    assert.ok(bytesRead < 64 * 1024 * 1024, `${bytesRead} bytes were read`);
  }
});
