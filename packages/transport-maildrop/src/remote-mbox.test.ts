import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { type FileSystem, MapiError, nodeFileSystem, nullLog, systemRandom } from '@nodemapi/base';
import { test } from 'vitest';
import { mailText, Place } from './maildrop.testing.ts';
import { RemoteMbox } from './remote-mbox.ts';

/** Two mails in an mbox that is another's. */
async function ofAnother(
  place: Place,
  mode: number,
  changes: Partial<FileSystem>,
  owner: { readonly uid?: number; readonly gid?: number },
): Promise<{ readonly mbox: RemoteMbox; readonly second: string }> {
  await place.append(mailText('1.a'), mailText('2.b'));
  await nodeFileSystem.chmod(place.mbox, mode);
  const files: FileSystem = {
    ...nodeFileSystem,
    stat: async (path) => ({ ...(await nodeFileSystem.stat(path)), ...(path === place.mbox ? owner : {}) }),
    ...changes,
  };
  const ports = { files, log: nullLog, random: systemRandom, stateFolder: place.host.home };
  const mbox = new RemoteMbox(place.mbox, { ...ports, nowMs: Date.now, monotonicMs: () => performance.now() });
  const { mails } = await mbox.list(10, new AbortController().signal);
  return { mbox, second: mails[1]?.key ?? '' };
}

test('an mbox that is made anew belongs to whom it belonged, before its group may read it', async () => {
  await using place = await Place.make();
  const told: unknown[] = [];
  const chown: FileSystem['chown'] = async (path, uid, gid) => {
    told.push([path, uid, gid, (await stat(path)).mode & 0o777]);
  };
  const { mbox, second } = await ofAnother(place, 0o660, { chown }, { uid: 4711, gid: 8 });
  assert.deepEqual(await mbox.remove(new Set([second])), new Map());
  assert.deepEqual(told, [[`${place.mbox}.nodemapi-kept`, 4711, 8, 0o600]]);
  assert.equal((await stat(place.mbox)).mode & 0o777, 0o660);
  assert.doesNotMatch(await place.mboxText(), /2\.b/);
});

test('an mbox that cannot be made anew for whom it belongs to stays as it is', async () => {
  const chown: FileSystem['chown'] = async () => {
    throw new MapiError('MAPI_E_NO_ACCESS', 'EPERM');
  };
  for (const [mode, owner, isKept] of [
    [0o660, { gid: 8 }, true],
    [0o600, { uid: 4711 }, true],
    [0o600, { gid: 8 }, false], // no group may do anything with it
  ] as const) {
    await using place = await Place.make();
    const { mbox, second } = await ofAnother(place, mode, { chown }, owner);
    const before = await place.mboxText();
    const failed = await mbox.remove(new Set([second]));
    assert.equal((await place.mboxText()) === before, isKept);
    assert.equal(failed.get(second)?.code, isKept ? 'MAPI_E_NO_ACCESS' : undefined);
    await assert.rejects(stat(`${place.mbox}.nodemapi-kept`), { code: 'ENOENT' });
  }
});

test('an mbox keeps its access list and attributes, or stays as it is', async () => {
  await using place = await Place.make();
  const told: string[] = [];
  const copyAttributes: FileSystem['copyAttributes'] = async (from, to) => {
    told.push(from, to, await readFile(to, 'utf8'));
    return true;
  };
  const { mbox, second } = await ofAnother(place, 0o660, { copyAttributes }, {});
  assert.deepEqual(await mbox.remove(new Set([second])), new Map());
  assert.deepEqual(told, [place.mbox, `${place.mbox}.nodemapi-kept`, '']);

  await using other = await Place.make();
  const refusing = await ofAnother(
    other,
    0o660,
    {
      copyAttributes: async () => {
        throw new MapiError('MAPI_E_NO_ACCESS', 'EPERM');
      },
    },
    {},
  );
  const before = await other.mboxText();
  const failed = await refusing.mbox.remove(new Set([refusing.second]));
  assert.equal(failed.get(refusing.second)?.code, 'MAPI_E_NO_ACCESS');
  assert.equal(await other.mboxText(), before);
});

test('a copy for which there is no room does not stay beside the mbox', async () => {
  await using place = await Place.make();
  const openAppend: FileSystem['openAppend'] = async (path, options) => {
    const file = await nodeFileSystem.openAppend(path, options);
    const sync = async (): Promise<void> => {
      throw new MapiError('MAPI_E_NOT_ENOUGH_DISK', 'ENOSPC');
    };
    return { write: (bytes) => file.write(bytes), sync, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
  };
  const { mbox, second } = await ofAnother(place, 0o600, { openAppend }, {});
  assert.equal((await mbox.remove(new Set([second]))).get(second)?.code, 'MAPI_E_NOT_ENOUGH_DISK');
  await assert.rejects(stat(`${place.mbox}.nodemapi-kept`), { code: 'ENOENT' });
});

test('a mailbox is opened a few times, however many messages lie in it', async () => {
  await using place = await Place.make();
  const count = 300;
  await place.append(...Array.from({ length: count }, (_, index) => mailText(`${index}.a`, 'line\n'.repeat(100))));
  let opened = 0;
  const files: FileSystem = {
    ...nodeFileSystem,
    openRead: (path) => {
      if (path === place.mbox) opened++;
      return nodeFileSystem.openRead(path);
    },
  };
  const ports = { files, log: nullLog, random: systemRandom, stateFolder: place.host.home };
  const mbox = new RemoteMbox(place.mbox, { ...ports, nowMs: Date.now, monotonicMs: () => performance.now() });
  const before = await place.mboxText();
  const { mails } = await mbox.list(count, new AbortController().signal);
  assert.equal(mails.length, count);
  const keys = mails.map(({ key }) => key);
  assert.deepEqual(await mbox.remove(new Set([keys[7] ?? '', keys[200] ?? ''])), new Map());
  assert.ok(opened <= 10, `opened ${opened} times`);
  const entries = before.split(/^(?=From )/mu);
  assert.equal(await place.mboxText(), entries.filter((_, index) => index !== 7 && index !== 200).join(''));
});
