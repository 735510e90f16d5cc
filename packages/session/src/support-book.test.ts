/** What the support object of an address book does. */
import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import { PropBag, PropObject, queryAllRows, TableData } from '@nodemapi/kit';
import {
  type AdrList,
  decodeOneOff,
  encodeOneOff,
  fnevTableModified,
  type IMAPIProp,
  MAPI_CC,
  MAPI_TO,
  makeEntryId,
  type Notification,
  PR_ADDRTYPE,
  PR_DEPTH,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_RECIPIENT_TYPE,
  PR_SELECTABLE,
  type PropTag,
  prop,
  propOf,
  type Row,
  type UserInterface,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { BOOK_UID, STORE_UID } from './test-ids.testing.ts';

async function bookSupport() {
  const made = await TestSubsystem.withProfile();
  const { subsystem, library } = made;
  const session = await subsystem.MAPILogonEx(null, 'Work', null);
  const support = library.lastBookSupport;
  assert.ok(support);
  return { subsystem, library, session, support };
}

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

const template = (name: string): Row => [
  prop(PR_ADDRTYPE, 'FAX'),
  prop(PR_DEPTH, 0),
  prop(PR_DISPLAY_NAME, name),
  prop(PR_DISPLAY_TYPE, 0),
  prop(PR_ENTRYID, makeEntryId(BOOK_UID, utf8Encode(name))),
  prop(PR_INSTANCE_KEY, utf8Encode(name)),
  prop(PR_SELECTABLE, true),
];

class Entry extends PropObject {
  readonly iid = 'IMailUser';
}

describe('identifiers of providers', () => {
  test('SUPP-11: MAPIUIDs are added, several of them, the same twice; each leads to its provider', async () => {
    const { support, session, library } = await bookSupport();
    const another = utf8Encode('another book uid');
    await support.setProviderUID(another);
    await support.setProviderUID(another);
    for (const uid of [BOOK_UID, another]) {
      const id = makeEntryId(uid, utf8Encode('x'));
      assert.equal(await session.compareEntryIDs(id, id), true);
    }
    await library.lastTransportSupport?.setProviderUID(another).then(
      () => assert.fail('a transport has no MAPIUID'),
      (error: unknown) => assert.equal((error as { code: string }).code, 'MAPI_E_NO_SUPPORT'),
    );
    await openStore(session);
    const both = session.compareEntryIDs(makeEntryId(STORE_UID, another), makeEntryId(another, another));
    await assert.rejects(both, { code: 'MAPI_E_UNKNOWN_ENTRYID' });
  });
});

describe('templates', () => {
  test('SUPP-18, AB-078: a foreign entry is bound by the provider of its template, if that is there', async () => {
    const { support, library } = await bookSupport();
    const seen: unknown[] = [];
    library.behaviour.openTemplateID = (id, data, options) => {
      seen.push(id, options);
      return data;
    };
    const data = new Entry(new PropBag()) as unknown as IMAPIProp; // a property object is what is bound
    const id = makeEntryId(BOOK_UID, utf8Encode('template'));
    assert.equal(await support.openTemplateID(id, data, { fillEntry: true }), data);
    assert.deepEqual(seen, [id, { fillEntry: true }]);
    const foreign = makeEntryId(utf8Encode('nobody has this.'), utf8Encode('x'));
    await assert.rejects(support.openTemplateID(foreign, data), { code: 'MAPI_E_UNKNOWN_ENTRYID' });
    const strange = { other: true } as object;
    await assert.rejects(support.openTemplateID(id, data, strange), { code: 'MAPI_E_UNKNOWN_FLAGS' });
  });

  test('SUPP-20, AB-071: the one-off table has the templates of MAPI and of address books, and follows the latter', async () => {
    const { support, library, subsystem } = await bookSupport();
    const data = new TableData(PR_INSTANCE_KEY, { hub: library.hub });
    await data.hrModifyRow(template('Fax'));
    library.behaviour.oneOffTable = () => data.hrGetView();
    const table = await support.getOneOffTable();
    const names = async () => (await queryAllRows(table)).map((row) => propOf(row, PR_DISPLAY_NAME));
    assert.deepEqual(await names(), ['Other address', 'Fax']);
    const heard: Notification[] = [];
    await table.advise(fnevTableModified, { onNotify: (all) => void heard.push(...all) });
    await data.hrModifyRow(template('Telex'));
    await library.hub.flush();
    await subsystem.HrDispatchNotifications();
    assert.deepEqual(
      heard.map((one) => one.kind === 'tableModified' && [one.event, propOf(one.row ?? [], PR_DISPLAY_NAME)]),
      [['rowAdded', 'Telex']],
    );
    await data.hrDeleteRow(prop(PR_INSTANCE_KEY, utf8Encode('Fax')));
    await library.hub.flush();
    assert.deepEqual(await names(), ['Other address', 'Telex']);
    await table.release();
    await data.hrModifyRow(template('Later'));
    await library.hub.flush();
  });

  test('AB-071: address books without templates say so, and the table has MAPI’s own', async () => {
    const { support, library } = await bookSupport();
    const ask = async () => {
      await using table = await support.getOneOffTable();
      return (await queryAllRows(table)).map((row) => propOf(row, PR_DISPLAY_NAME));
    };
    assert.deepEqual(await ask(), ['Other address']);
    const data = new TableData(PR_INSTANCE_KEY, { hub: library.hub });
    await data.hrModifyRow(template('Fax'));
    library.behaviour.oneOffTable = () => data.hrGetView();
    const before = library.hub.size;
    {
      await using _table = await support.getOneOffTable();
      assert.equal(library.hub.size, before + 1); // MAPI listens as long as it has the provider's table
    }
    assert.equal(library.hub.size, before);
  });

  test('SUPP-21, AB-072: without a container a one-off identifier is made; without a template the user chooses one', async () => {
    const { support, library } = await bookSupport();
    const plain = decodeOneOff(await support.newEntry(null, null, answering('Dan', 'SMTP', 'dan@e.f')));
    assert.equal(plain?.emailAddress, 'dan@e.f');
    const data = new TableData(PR_INSTANCE_KEY);
    await data.hrModifyRow(template('Fax'));
    library.behaviour.oneOffTable = () => data.hrGetView();
    const chosen = decodeOneOff(await support.newEntry(null, null, answering('Other', 'Eve', 'X400', 'c=de;s=eve')));
    assert.deepEqual([chosen?.addrType, chosen?.emailAddress], ['X400', 'c=de;s=eve']);
    await assert.rejects(support.newEntry(null, null), { code: 'MAPI_E_NO_SUPPORT' });
  });
});

describe('lists of recipients', () => {
  const row = (name: string): AdrList[number] => [
    prop(PR_DISPLAY_NAME, name),
    prop(PR_RECIPIENT_TYPE, MAPI_TO),
    prop(
      PR_ENTRYID,
      encodeOneOff({ displayName: name, addrType: 'SMTP', emailAddress: `${name}@a.b`, sendRichInfo: true }),
    ),
  ];

  test('AB-080: the answer has no entry for whom the user removed, and all that a recipient needs for the others', async () => {
    const { support } = await bookSupport();
    const before: AdrList = [row('ann'), [], row('bob')];
    const after = await support.address(answering('Remove To: bob', 'Add To', 'cid@c.d', 'OK'), {}, before);
    assert.deepEqual(
      after.filter((entry) => entry.length > 0).map((entry) => propOf(entry, PR_DISPLAY_NAME)),
      ['ann', 'cid@c.d'],
    );
    const needed: readonly PropTag[] = [PR_ENTRYID, PR_RECIPIENT_TYPE, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_DISPLAY_TYPE];
    for (const tag of needed) assert.notEqual(propOf(after.at(-1) ?? [], tag), undefined, tag.toString(16));
  });

  test('SUPP-22: the answer is a list of its own, longer or shorter, and the one that was given stays', async () => {
    const { support } = await bookSupport();
    const before: AdrList = [row('ann'), row('bob')];
    const ui = answering('Remove To: bob', 'Add Cc', 'cid@c.d; dan@d.e', 'OK');
    const after = await support.address(ui, { destinations: ['To', 'Cc'] }, before);
    assert.deepEqual(
      after.map((entry) => [propOf(entry, PR_DISPLAY_NAME), propOf(entry, PR_RECIPIENT_TYPE)]),
      [
        ['ann', MAPI_TO],
        ['cid@c.d', MAPI_CC],
        ['dan@d.e', MAPI_CC],
      ],
    );
    assert.equal(propOf(after[1] ?? [], PR_EMAIL_ADDRESS), 'cid@c.d');
    assert.deepEqual(before, [row('ann'), row('bob')]);
    const made = await support.address(answering('Add To', 'eve@e.f', 'OK'), {}, null);
    assert.equal(made.length, 1);
    await assert.rejects(support.address(answering('Cancel'), {}, before), { code: 'MAPI_E_USER_CANCEL' });
    await assert.rejects(support.address(), { code: 'MAPI_E_NO_SUPPORT' });
  });

  test('SUPP-22: with DIALOG_SDI it answers at once, and the list comes at the end of the dialog', async () => {
    const { support } = await bookSupport();
    let choose = (_choice: number): void => undefined;
    const waiting: Partial<UserInterface> = { choose: () => new Promise((resolve) => (choose = resolve)) };
    const dismissed = new Promise<AdrList>((resolve, reject) => {
      const onDismiss = (result: { list: AdrList } | { error: unknown }): void =>
        'list' in result ? resolve(result.list) : reject(result.error);
      const answer = support.address(waiting as UserInterface, { sdi: true, onDismiss }, [row('ann')]);
      answer.then(
        (list) => {
          assert.equal(list.length, 1);
          setImmediate(() => choose(2));
        },
        (error: unknown) => reject(error),
      );
    });
    assert.deepEqual(await dismissed, [row('ann')]);
  });
});
