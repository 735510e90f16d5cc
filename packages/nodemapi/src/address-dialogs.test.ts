import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lineLog } from '@nodemapi/base';
import { queryAllRows } from '@nodemapi/kit';
import { decodeOneOff, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, prop, propOf, type UserInterface } from '@nodemapi/mapi';
import { test } from 'vitest';
import { createSubsystem } from './create-subsystem.ts';

/** Picks what begins with the answer, or types it. */
function answering(...answers: string[]): UserInterface {
  const next = (): string => {
    const answer = answers.shift();
    assert.ok(answer !== undefined, 'asked too often');
    return answer;
  };
  return {
    confirm: async () => true,
    choose: async (_question, choices) => {
      const answer = next();
      return choices.findIndex((choice) => choice.startsWith(answer));
    },
    prompt: async () => next(),
    progress: () => {},
  };
}

test('SUPP-21, AB-072, AB-081: entries are made in a container and changed by the dialogs of the address book', async () => {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-book-'));
  let tellLogged: (line: string) => void = () => {};
  const thrown = new Promise<string>((resolve) => {
    tellLogged = resolve;
  });
  const log = lineLog((line) => void (/the end of a dialog/.test(line) && tellLogged(line)), 'warn');
  const subsystem = await createSubsystem({ home, log });
  await subsystem.MAPIInitialize();
  try {
    await using admin = await subsystem.MAPIAdminProfiles();
    await admin.createProfile('a', { defaultServices: true });
    const session = await subsystem.MAPILogonEx(null, 'a', null, { newSession: true, noMail: true });
    const { object: book } = await session.openAddressBook();
    const pab = await book.getPAB();
    const filled = ['Internet', 'Display name', 'Ann', 'Email address', 'ann@example.org', 'OK'];
    const entryId = await book.newEntry(pab, null, answering(...filled));
    await using container = await book.openEntry(pab, { iid: 'IABContainer' });
    await using table = await container.getContentsTable();
    const shown = async () =>
      (await queryAllRows(table, { tags: [PR_DISPLAY_NAME, PR_EMAIL_ADDRESS] })).map((row) => [
        propOf(row, PR_DISPLAY_NAME),
        propOf(row, PR_EMAIL_ADDRESS),
      ]);
    assert.deepEqual(await shown(), [['Ann', 'ann@example.org']]);
    assert.deepEqual(await book.details(entryId, answering('Display name', 'Anna', 'OK')), {});
    assert.deepEqual(await shown(), [['Anna', 'ann@example.org']]);
    const tellChange = true;
    assert.deepEqual(await book.details(entryId, answering('OK'), { tellChange, modal: true }), { changed: false });
    assert.deepEqual(await book.details(entryId, answering('Display name', 'Ann', 'OK'), { tellChange }), {
      changed: true,
    });
    const both = book.details(entryId, answering('OK'), { modal: true, sdi: true });
    await assert.rejects(both, { code: 'MAPI_E_INVALID_PARAMETER' });
    const dismissed = new Promise((resolve) => {
      const asked = answering('Display name', 'Anna', 'OK');
      void book.details(entryId, asked, { sdi: true, onDismiss: resolve });
    });
    assert.deepEqual(await dismissed, { changed: true });
    assert.deepEqual(await shown(), [['Anna', 'ann@example.org']]);
    const failing = (): never => {
      throw new Error('the program broke');
    };
    assert.deepEqual(await book.details(entryId, answering('OK'), { sdi: true, onDismiss: failing }), {});
    assert.match(await thrown, /a program that was told of the end of a dialog threw.*the program broke/);
    await assert.rejects(book.newEntry(pab, null, answering('Internet', 'Cancel')), { code: 'MAPI_E_USER_CANCEL' });
    assert.equal((await shown()).length, 1);
    const oneOff = await book.newEntry(null, null, answering(...filled));
    assert.deepEqual([decodeOneOff(oneOff)?.displayName, decodeOneOff(oneOff)?.addrType], ['Ann', 'SMTP']);
    assert.equal((await shown()).length, 1);
    await session.logoff();
  } finally {
    await subsystem.MAPIUninitialize();
    await rm(home, { recursive: true });
  }
});

test('C-23: of several names a user chooses one only where MAPI_DIALOG lets him be asked', async () => {
  const home = await mkdtemp(join(tmpdir(), 'nodemapi-book-'));
  const subsystem = await createSubsystem({ home });
  await subsystem.MAPIInitialize();
  try {
    await using admin = await subsystem.MAPIAdminProfiles();
    await admin.createProfile('a', { defaultServices: true });
    const session = await subsystem.MAPILogonEx(null, 'a', null, { newSession: true, noMail: true });
    const { object: book } = await session.openAddressBook();
    const pab = await book.getPAB();
    for (const name of ['Ann One', 'Ann Two']) {
      await book.newEntry(pab, null, answering('Internet', 'Display name', name, 'Email address', 'a@b.example', 'OK'));
    }
    const ann = [[prop(PR_DISPLAY_NAME, 'Ann')]];
    const unasked = await book.resolveName(ann, {}, answering());
    assert.deepEqual([unasked.flags, unasked.error], [['ambiguous'], 'MAPI_E_AMBIGUOUS_RECIP']);
    const { flags, list } = await book.resolveName(ann, { dialog: true }, answering('Ann Two'));
    assert.deepEqual([flags, propOf(list[0] ?? [], PR_DISPLAY_NAME)], [['resolved'], 'Ann Two']);
    await session.logoff();
  } finally {
    await subsystem.MAPIUninitialize();
    await rm(home, { recursive: true });
  }
});
