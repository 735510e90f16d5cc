import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFileSystem, utf8Decode, utf8Encode } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import { rtfSync, setPropList } from '@nodemapi/kit';
import {
  ATTACH_BY_REF_ONLY,
  ATTACH_BY_REF_RESOLVE,
  ATTACH_BY_REFERENCE,
  ATTACH_BY_VALUE,
  type EntryId,
  type IMessage,
  MAPI_TO,
  makeEntryId,
  PR_ADDRTYPE,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_LONG_PATHNAME,
  PR_ATTACH_METHOD,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_RTF_COMPRESSED,
  PR_RTF_IN_SYNC,
  PR_SEARCH_KEY,
  type PropValue,
  prop,
  searchKeyOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { World, type WorldOptions } from './world.testing.ts';

/** A world whose transport notes what `look` reads of each message. */
async function looking(look: (message: IMessage) => Promise<unknown>, given: WorldOptions = {}) {
  const seen: unknown[] = [];
  const smtp = new ScriptedTransport('smtp', { onSubmit: async ({ message }) => void seen.push(await look(message)) });
  const world = await World.make({ transports: [smtp], ...given });
  const { spooler, host } = await world.process();
  return { seen, smtp, world, spooler, host };
}

async function submitted(message: IMessage): Promise<EntryId> {
  await message.saveChanges({ keepOpenReadWrite: true });
  const [entryId = new Uint8Array()] = (await message.getProps([PR_ENTRYID])).values;
  await message.submitMessage();
  await message.release();
  return entryId;
}

describe('bodies', () => {
  const rtf = async (text: string): Promise<Uint8Array> => {
    const message = new MessageDouble([prop(PR_BODY, text)]);
    await rtfSync(message, { bodyChanged: true });
    return (await message.getProps([PR_RTF_COMPRESSED])).values[0] ?? new Uint8Array();
  };
  const bodies = async (message: IMessage): Promise<unknown> => {
    const [body, inSync] = (await message.getProps([PR_BODY, PR_RTF_IN_SYNC])).values;
    return [body?.trim(), inSync];
  };

  test('SPOOL-047: a transport gets a text for RTF alone, and RTF that says what the text says', async () => {
    const { seen, world, spooler } = await looking(bodies);
    await spooler.start();
    await world.submit('rtf', ['x@example.org'], [prop(PR_RTF_COMPRESSED, await rtf('only RTF'))]);
    await world.pass();
    const stale = [prop(PR_RTF_COMPRESSED, await rtf('former text')), prop(PR_BODY, 'new text')];
    const entryId = await world.submit('both', ['x@example.org'], stale);
    await world.pass();
    deepStrictEqual(seen, [
      ['only RTF', true],
      ['new text', true],
    ]);
    await using filed = await world.client.openEntry(entryId, { iid: 'IMessage' });
    const [compressed = new Uint8Array()] = (await filed.getProps([PR_RTF_COMPRESSED])).values;
    ok(compressed.length > 0 && Buffer.compare(compressed, await rtf('former text')) !== 0);
  });

  test('RTF that cannot be read keeps no message, and one without RTF is left as it is', async () => {
    const { seen, world, spooler, smtp } = await looking(bodies);
    await spooler.start();
    await world.submit(
      'bad',
      ['x@example.org'],
      [prop(PR_RTF_COMPRESSED, Uint8Array.of(1, 2, 3)), prop(PR_BODY, 'text')],
    );
    await world.submit('plain', ['x@example.org'], [prop(PR_BODY, 'plain')]);
    await world.pass();
    strictEqual(smtp.sent.length, 2);
    deepStrictEqual(seen[1], ['plain', undefined]);
    strictEqual((seen[0] as readonly unknown[])[0], 'text');
  });
});

describe('attachments that name a file', () => {
  async function withFile(run: (folder: string, path: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'nodemapi-attach-'));
    try {
      const path = join(folder, 'plan.txt');
      await writeFile(path, 'the plan');
      await run(folder, path);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  const look = async (message: IMessage): Promise<unknown> => {
    await using attach = await message.openAttach(0);
    const [method, bytes] = (await attach.getProps([PR_ATTACH_METHOD, PR_ATTACH_DATA_BIN])).values;
    return [method, utf8Decode(bytes ?? new Uint8Array())];
  };

  async function draft(world: World, path: string, more: readonly PropValue[] = []): Promise<IMessage> {
    const message = await world.draft('a', ['x@example.org']);
    const { attach } = await message.createAttach();
    await attach.setProps([prop(PR_ATTACH_METHOD, ATTACH_BY_REF_RESOLVE), prop(PR_ATTACH_LONG_PATHNAME, path)]);
    if (more.length > 0) await setPropList(attach, more);
    await attach.saveChanges();
    return message;
  }

  const files = nodeFileSystem;

  test('SPOOL-046, ATT-010: is sent with its content, by value, if it lies in a folder whose files may be', () =>
    withFile(async (folder, path) => {
      const { seen, world, spooler, host } = await looking(look, { options: { attachmentFolders: [folder] } });
      Object.assign(host, { files });
      await spooler.start();
      const entryId = await submitted(await draft(world, path));
      await world.pass();
      while (seen.length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 2)); // real files answer when they like
        await world.pass();
      }
      deepStrictEqual(seen, [[ATTACH_BY_VALUE, 'the plan']]);
      await world.pass();
      await using filed = await world.client.openEntry(entryId, { iid: 'IMessage' });
      deepStrictEqual(await look(filed), [ATTACH_BY_VALUE, 'the plan']);
    }));

  test('ATT-009: data that stand beside the name of a file are not sent in its place', () =>
    withFile(async (folder, path) => {
      const { seen, world, spooler, host } = await looking(look, { options: { attachmentFolders: [folder] } });
      Object.assign(host, { files });
      await spooler.start();
      await submitted(
        await draft(world, path, [prop(PR_ATTACH_DATA_BIN, utf8Encode('a much longer text than the plan'))]),
      );
      await world.pass();
      while (seen.length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 2)); // real files answer when they like
        await world.pass();
      }
      deepStrictEqual(seen, [[ATTACH_BY_VALUE, 'the plan']]);
    }));

  test('ATT-010: other references are sent as they are, and their files are not read', () =>
    withFile(async (folder, path) => {
      for (const method of [ATTACH_BY_REFERENCE, ATTACH_BY_REF_ONLY]) {
        const { seen, world, spooler, host } = await looking(look, { options: { attachmentFolders: [folder] } });
        const openRead = async (): Promise<never> => {
          throw new Error('the file is read');
        };
        Object.assign(host, { files: { ...files, openRead } });
        await spooler.start();
        await submitted(await draft(world, path, [prop(PR_ATTACH_METHOD, method)]));
        await world.pass();
        deepStrictEqual(seen, [[method, '']]);
      }
    }));

  test('SPOOL-046, ATT-009: any other file is not read, and its message is held with the reason', () =>
    withFile(async (folder, path) => {
      const elsewhere = [path, join(folder, 'below', '..', '..', 'plan.txt'), 'plan.txt', folder, ''];
      for (const name of elsewhere) {
        const options = { attachmentFolders: [join(folder, 'below')] };
        const { seen, world, spooler, host } = await looking(look, { options });
        Object.assign(host, { files });
        await spooler.start();
        await submitted(await draft(world, name));
        await world.pass();
        const [shown] = await spooler.outgoing();
        deepStrictEqual([shown?.state, seen], ['held', []], name);
        match(shown?.reason ?? '', /in no folder of attachmentFolders/);
      }
    }));
});

describe('addresses', () => {
  const UID = utf8Encode('uid of some book');
  const BOB = makeEntryId(UID, utf8Encode('bob'));
  const rowsOf = async (message: IMessage): Promise<unknown> => {
    await using table = await message.getRecipientTable();
    await table.setColumns([PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_SEARCH_KEY]);
    return await table.queryRows(10);
  };
  const found = { addrType: 'SMTP', emailAddress: 'bob@example.org' };

  async function offered(resolve: boolean): Promise<readonly unknown[]> {
    const asking = Object.assign(new ScriptedTransport('asking', { types: ['NONE'] }), {});
    const plain = asking.asTransport.bind(asking);
    asking.asTransport = () => ({ ...plain(), options: { resolve } });
    const seen: unknown[] = [];
    const smtp = new ScriptedTransport('smtp', {
      types: null,
      onSubmit: async ({ message }) => void seen.push(await rowsOf(message)),
    });
    const world = await World.make({ transports: [asking, smtp] });
    const { spooler, host } = await world.process();
    Object.assign(host, { resolveAddress: async (id: EntryId) => (id.length === BOB.length ? found : undefined) });
    await spooler.start();
    await using message = await world.draft('a', []);
    const row = [prop(PR_RECIPIENT_TYPE, MAPI_TO), prop(PR_DISPLAY_NAME, 'Bob'), prop(PR_ENTRYID, BOB)];
    const stranger = [
      prop(PR_RECIPIENT_TYPE, MAPI_TO),
      prop(PR_DISPLAY_NAME, 'Who'),
      prop(PR_ENTRYID, Uint8Array.of(1)),
    ];
    await message.modifyRecipients('add', [row, stranger]);
    await message.submitMessage();
    await world.pass();
    return seen;
  }

  test('XP-013: with LOGON_SP_RESOLVE of one transport all recipients get theirs, those of the others too', async () => {
    const [rows] = (await offered(true)) as readonly (readonly (readonly { readonly value: unknown }[])[])[];
    deepStrictEqual(
      rows?.[0]?.map(({ value }) => value),
      ['SMTP', 'bob@example.org', searchKeyOf('SMTP', 'bob@example.org')],
    );
    strictEqual(rows?.length, 2); // one that nobody knows stays as it is
  });

  test('XP-013: without it they stay as they are', async () => {
    const [rows] = (await offered(false)) as readonly (readonly (readonly { readonly value: unknown }[])[])[];
    ok(rows?.[0]?.every(({ value }) => typeof value === 'number')); // errors: not found
  });
});
