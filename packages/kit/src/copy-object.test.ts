import assert from 'node:assert/strict';
import { MessageDouble } from '@nodemapi/conformance';
import {
  ATTACH_BY_VALUE,
  ATTACH_EMBEDDED_MSG,
  HRESULTS,
  MapiError,
  MSGFLAG_SUBMIT,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_RECIPIENTS,
  PR_MESSAGE_SIZE,
  PR_RECIPIENT_TYPE,
  PR_SUBJECT,
  type PropTag,
  prop,
  propError,
  propOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { copyFolderBetween, copyMessagesBetween } from './copy-folder.ts';
import { copyProps, copyTo } from './copy-object.ts';
import { FolderDouble, type FolderMessage } from './folder.testing.ts';
import { getProp } from './prop-access.ts';
import { PropBag } from './prop-bag.ts';
import { PropObject } from './prop-object.ts';
import { openSourceMessage } from './source-message.ts';

const code = (wanted: string) => (error: unknown) => MapiError.is(error) && error.code === wanted;

class Plain extends PropObject {
  readonly iid = 'IMailUser';
}
const plain = (...args: ConstructorParameters<typeof PropBag>): Plain => new Plain(new PropBag(...args));

async function fullMessage(): Promise<MessageDouble> {
  const message = new MessageDouble([prop(PR_SUBJECT, 'outer'), prop(PR_ENTRYID, Uint8Array.of(1))]);
  await message.modifyRecipients('add', [[prop(PR_DISPLAY_NAME, 'Ann'), prop(PR_RECIPIENT_TYPE, 1)]]);
  const { attach: file } = await message.createAttach();
  await file.setProps([prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE), prop(PR_ATTACH_DATA_BIN, Uint8Array.of(1, 2))]);
  const { attach: inner } = await message.createAttach();
  await inner.setProps([prop(PR_ATTACH_METHOD, ATTACH_EMBEDDED_MSG)]);
  const embedded = await inner.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage', { modify: true, create: true });
  await embedded.setProps([prop(PR_SUBJECT, 'inner')]);
  await embedded.modifyRecipients('add', [[prop(PR_DISPLAY_NAME, 'Bob'), prop(PR_RECIPIENT_TYPE, 2)]]);
  return message;
}

const names = (message: MessageDouble) => message.recipients.map((row) => propOf(row, PR_DISPLAY_NAME));

describe('copyTo and copyProps', () => {
  test('SUPP-25: an object is not copied into itself, and MAPI_NOREPLACE meets a collision', async () => {
    const source = plain([prop(PR_SUBJECT, 'x')]);
    await assert.rejects(copyTo(source, undefined, source), code('MAPI_E_NO_ACCESS'));
    const { problems } = await copyTo(source, undefined, plain([prop(PR_SUBJECT, 'old')]), { noReplace: true });
    assert.deepEqual(problems, [{ index: 0, tag: PR_SUBJECT, code: 'MAPI_E_COLLISION' }]);
  });

  test('SUPP-26: empty lists are refused', async () => {
    await assert.rejects(copyTo(plain(), [], plain()), code('MAPI_E_INVALID_PARAMETER'));
    await assert.rejects(copyProps(plain(), [], plain()), code('MAPI_E_INVALID_PARAMETER'));
  });

  test('SUPP-27: what the destination refuses is a problem, the rest is copied', async () => {
    const computed = (tag: PropTag): boolean => tag === PR_SUBJECT;
    const source = plain([prop(PR_SUBJECT, 'x'), prop(PR_BODY, 'y')]);
    const destination = plain([], { computed });
    const { problems } = await copyTo(source, undefined, destination, { move: true });
    assert.deepEqual(problems, [{ index: 0, tag: PR_SUBJECT, code: 'MAPI_E_COMPUTED' }]);
    assert.deepEqual((await source.getProps([PR_SUBJECT, PR_BODY])).values, ['x', undefined]);
    assert.deepEqual((await destination.getProps([PR_BODY])).values, ['y']);
  });

  test('SUPP-28, PROP-059: an excluded interface leaves behind what it, or one derived from it, would copy; unknown ones nothing', async () => {
    const copied = async (...excludeInterfaces: readonly string[]) => {
      const copy = new MessageDouble();
      await copyTo(await fullMessage(), undefined, copy, { excludeInterfaces });
      await using table = await copy.getAttachmentTable();
      return [names(copy).length, (await table.queryRows(9)).length, await getProp(copy, PR_SUBJECT)];
    };
    assert.deepEqual(await copied('IMessage'), [1, 1, 'outer']);
    assert.deepEqual(await copied('IAttach'), [1, 0, 'outer']);
    assert.deepEqual(await copied('IMAPIFolder', 'IUnheardOf'), [1, 2, 'outer']);
  });

  test('PROP-049, PROP-059: without an object, without its properties, or without a way to copy, nothing is copied', async () => {
    const [source, copy] = [await fullMessage(), new MessageDouble()];
    await assert.rejects(copyTo(null as never, undefined, copy), code('MAPI_E_INVALID_PARAMETER'));
    await assert.rejects(copyTo(source, undefined, undefined as never), code('MAPI_E_INVALID_PARAMETER'));
    await using table = await source.getRecipientTable();
    for (const call of [
      () => copyTo(source, undefined, table as never),
      () => copyProps(source, [PR_SUBJECT], table as never),
      () => copyTo(source, undefined, copy, { excludeInterfaces: ['IUnheardOf', 'IMAPIProp'] }),
      () => copyProps(source, [PR_SUBJECT], copy, { excludeInterfaces: ['IUnknown'] }),
    ]) {
      await assert.rejects(call(), code('MAPI_E_INTERFACE_NOT_SUPPORTED'));
    }
    assert.equal(await getProp(copy, PR_SUBJECT), undefined);
  });

  test('what names or measures the source stays with it', async () => {
    const source = plain([prop(PR_ENTRYID, Uint8Array.of(1)), prop(PR_MESSAGE_SIZE, 5), prop(PR_SUBJECT, 'x')]);
    const destination = plain();
    await copyTo(source, undefined, destination);
    assert.deepEqual(await destination.getPropList(), [PR_SUBJECT]);
  });

  test('values too large to be read at once go through streams', async () => {
    const source = plain([prop(PR_BODY, 'long \u{1f600} text')], { valueBytesMax: 4 });
    assert.deepEqual((await source.getProps([PR_BODY])).props, [propError(PR_BODY, HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY)]);
    const destination = plain();
    await copyTo(source, undefined, destination);
    assert.equal(await getProp(destination, PR_BODY), 'long \u{1f600} text');
  });

  test('what is damaged costs itself and is named; the attachments behind it follow', async () => {
    const damaged = async (): Promise<never> => {
      throw new MapiError('MAPI_E_CORRUPT_DATA', 'a block is gone');
    };
    const broken = { tag: PR_ATTACH_DATA_BIN, size: 100_000, read: damaged, open: damaged };
    const source = openSourceMessage({
      names: [],
      props: [{ ...broken, tag: PR_BODY }],
      recipients: async () => [],
      attachments: async () => [
        { props: [broken] },
        { props: [], message: damaged },
        { props: [{ tag: PR_DISPLAY_NAME, size: 4, read: async () => 'whole', open: damaged }] },
      ],
    });
    const destination = new MessageDouble();
    const { problems } = await copyTo(source, undefined, destination);
    assert.deepEqual(
      problems.map(({ tag, code }) => [tag, code]),
      [
        [PR_BODY, 'MAPI_E_CORRUPT_DATA'],
        [PR_MESSAGE_ATTACHMENTS, 'MAPI_E_CORRUPT_DATA'],
      ],
    );
    const last = await destination.openAttach(2);
    assert.equal(await getProp(last, PR_DISPLAY_NAME), 'whole');
    await source.release();
  });

  test('a source that is told to stop gives no further attachment, and the copy ends with the reason', async () => {
    const stop = new AbortController();
    const read = async (): Promise<string> => {
      stop.abort(new MapiError('MAPI_E_USER_CANCEL', 'enough'));
      return 'first';
    };
    const named = { props: [{ tag: PR_DISPLAY_NAME, size: 4, read, open: (): Promise<never> => assert.fail() }] };
    let asked = 0;
    const attachments = async () => {
      asked++;
      return [named, named, named];
    };
    const source = openSourceMessage({
      names: [],
      props: [],
      signal: stop.signal,
      recipients: async () => [],
      attachments,
    });
    const destination = new MessageDouble();
    await assert.rejects(copyTo(source, undefined, destination), code('MAPI_E_USER_CANCEL'));
    assert.equal(await (await destination.getAttachmentTable()).getRowCount(), 0);
    assert.equal(asked, 1, 'the list of attachments is made once');
    await source.release();
  });

  test('PROP-054: recipients, attachments and messages in them follow', async () => {
    const source = await fullMessage();
    const destination = new MessageDouble();
    await copyTo(source, undefined, destination);
    assert.deepEqual(names(destination), ['Ann']);
    assert.deepEqual((await (await destination.openAttach(0)).getProps([PR_ATTACH_DATA_BIN])).values, [
      Uint8Array.of(1, 2),
    ]);
    const attach = await destination.openAttach(1);
    const embedded = (await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage')) as MessageDouble;
    assert.equal(await getProp(embedded, PR_SUBJECT), 'inner');
    assert.deepEqual(names(embedded), ['Bob']);
    assert.equal(destination.saves, 0, 'PROP-058: the caller saves');
  });

  test('PROP-054: subobjects follow unless excluded; copyProps without their tags leaves them', async () => {
    const source = await fullMessage();
    const destination = new MessageDouble();
    await copyTo(source, [PR_MESSAGE_ATTACHMENTS], destination);
    assert.equal(await (await destination.getAttachmentTable()).getRowCount(), 0);
    assert.deepEqual(names(destination), ['Ann']);
    const second = new MessageDouble();
    await copyProps(source, [PR_SUBJECT], second);
    assert.deepEqual(names(second), []);
    await copyProps(source, [PR_MESSAGE_RECIPIENTS], second);
    assert.deepEqual(names(second), ['Ann']);
  });

  test('PROP-057: a move takes away what was copied, and leaves what was refused or not reached', async () => {
    const source = await fullMessage();
    const destination = new MessageDouble();
    const createAttach = destination.createAttach.bind(destination);
    let made = 0;
    destination.createAttach = async () => {
      if (++made > 1) throw new MapiError('MAPI_E_NOT_ENOUGH_DISK', 'full');
      return createAttach();
    };
    await assert.rejects(copyTo(source, undefined, destination, { move: true }), code('MAPI_E_NOT_ENOUGH_DISK'));
    const left = await (await source.getAttachmentTable()).getRowCount();
    assert.deepEqual([names(source), names(destination), left], [[], ['Ann'], 1]);
    await using attach = await source.openAttach(1);
    assert.equal(await getProp(attach, PR_ATTACH_METHOD), ATTACH_EMBEDDED_MSG);
    assert.equal(await getProp(source, PR_SUBJECT), 'outer');
  });

  test('a moved message loses its parts to the destination', async () => {
    const source = await fullMessage();
    await copyTo(source, undefined, new MessageDouble(), { move: true });
    assert.deepEqual(names(source), []);
    assert.equal(await (await source.getAttachmentTable()).getRowCount(), 0);
    assert.notEqual(await getProp(source, PR_ENTRYID), undefined);
  });
});

async function folderWith(name: string, ...subjects: readonly string[]): Promise<FolderDouble> {
  const folder = new FolderDouble(name);
  for (const subject of subjects) {
    const message = await folder.createMessage();
    await message.setProps([prop(PR_SUBJECT, subject)]);
    await message.saveChanges();
  }
  return folder;
}

const subjects = (folder: FolderDouble) => Promise.all(folder.messages.map((message) => getProp(message, PR_SUBJECT)));
const ids = (folder: FolderDouble) => folder.messages.map((message) => message.entryId);

describe('copyMessagesBetween', () => {
  test('REPORT-033: reading a copy reports nothing', async () => {
    const [source, target] = [await folderWith('a', 'one', 'two'), await folderWith('b')];
    const result = await copyMessagesBetween(source.asFolder, ids(source), target.asFolder, {}, copyTo);
    assert.deepEqual(result, {});
    assert.deepEqual(await subjects(target), ['one', 'two']);
    const cleared = [{ clearReadPending: true, clearNonReadPending: true }];
    assert.deepEqual(
      target.messages.map(({ readFlags }) => readFlags),
      [cleared, cleared],
    );
    assert.equal(source.messages.length, 2);
  });

  test('a move keeps what could not be copied, a submitted message too', async () => {
    const [source, target] = [await folderWith('a', 'one', 'two', 'three'), await folderWith('b')];
    await (source.messages[1] as FolderMessage).setProps([prop(PR_MESSAGE_FLAGS, MSGFLAG_SUBMIT)]);
    const wanted = [...ids(source), Uint8Array.of(9)];
    const result = await copyMessagesBetween(source.asFolder, wanted, target.asFolder, { move: true }, copyTo);
    assert.deepEqual(result, { warning: 'MAPI_W_PARTIAL_COMPLETION' });
    assert.deepEqual([await subjects(source), await subjects(target)], [['two'], ['one', 'three']]);
    assert.deepEqual(
      target.messages.map(({ readFlags }) => readFlags),
      [[], []],
    );
  });

  test('progress is scaled to the limits of the caller', async () => {
    const [source, target] = [await folderWith('a', 'one', 'two'), await folderWith('b')];
    const values: number[] = [];
    const progress = {
      progress: (value: number) => void values.push(value),
      getFlags: () => 1,
      getMin: () => 1,
      getMax: () => 1001,
      setLimits: () => {},
    };
    await copyMessagesBetween(source.asFolder, ids(source), target.asFolder, { progress }, copyTo);
    assert.deepEqual(values, [500, 1000]);
  });
});

describe('copyFolderBetween', () => {
  async function tree(): Promise<{ root: FolderDouble; a: FolderDouble; b: FolderDouble; target: FolderDouble }> {
    const [root, a, b, target] = [
      await folderWith('root'),
      await folderWith('a', 'x'),
      await folderWith('b', 'y'),
      await folderWith('t'),
    ];
    root.folders.push(a);
    a.folders.push(b);
    return { root, a, b, target };
  }

  test('SUPP-28, PROP-052: an excluded container leaves subfolders behind, an excluded message messages', async () => {
    const copied = async (...excludeInterfaces: readonly string[]) => {
      const { a, target } = await tree();
      await copyTo(a, undefined, target, { excludeInterfaces });
      return String(target);
    };
    assert.equal(await copied(), 't(1)[b(1)]');
    assert.equal(await copied('IMAPIContainer'), 't(1)');
    assert.equal(await copied('IMAPIFolder'), 't(1)');
    assert.equal(await copied('IMessage'), 't(0)[b(0)]');
    assert.equal(await copied('IABContainer'), 't(1)[b(1)]');
    const { root, a, target } = await tree();
    await copyTo(a, undefined, target, { move: true, excludeInterfaces: ['IMessage'] });
    assert.equal(String(root), 'root(0)[a(1)[b(1)]]'); // what was left behind is not lost with its folder
  });

  test('SUPP-29: subfolders follow if wanted, and always in a move', async () => {
    const { root, a, target } = await tree();
    await copyFolderBetween(root.asFolder, a.entryId, target.asFolder, { newName: 'flat' }, copyTo);
    await copyFolderBetween(root.asFolder, a.entryId, target.asFolder, { newName: 'deep', subfolders: true }, copyTo);
    assert.equal(String(target), 't(0)[flat(1) deep(1)[b(1)]]');
    await copyFolderBetween(root.asFolder, a.entryId, target.asFolder, { move: true }, copyTo);
    assert.equal(String(target), 't(0)[flat(1) deep(1)[b(1)] a(1)[b(1)]]');
    assert.equal(String(root), 'root(0)');
  });

  test('PROP-055: a taken name is a collision, the folder itself no destination', async () => {
    const { root, a, b, target } = await tree();
    await target.createFolder('a');
    const copy = (destination: FolderDouble) =>
      copyFolderBetween(root.asFolder, a.entryId, destination.asFolder, {}, copyTo);
    await assert.rejects(copy(target), code('MAPI_E_COLLISION'));
    await assert.rejects(copy(b), code('MAPI_E_FOLDER_CYCLE'));
    await assert.rejects(copy(a), code('MAPI_E_FOLDER_CYCLE'));
  });

  test('PROP-054: copyTo between folders takes messages and folders along', async () => {
    const { a, target } = await tree();
    const associated = await a.createMessage({ associated: true });
    await associated.saveChanges();
    assert.deepEqual((await copyTo(a.asFolder, undefined, target.asFolder)).warning, undefined);
    assert.equal(String(target), 't(2)[b(1)]');
    assert.equal(target.messages.filter((message) => message.associated).length, 1);
  });
});
