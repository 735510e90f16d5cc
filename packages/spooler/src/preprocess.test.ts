import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import type { PreprocessorRegistration } from '@nodemapi/kit';
import {
  type AdrList,
  type IMAPIFolder,
  type IMessage,
  MAPI_TO,
  MapiError,
  makeEntryId,
  PR_ADDRTYPE,
  PR_BODY,
  PR_COMMENT,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_NDR_REASON_CODE,
  PR_PREPROCESS,
  PR_RECIPIENT_TYPE,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_SENTMAIL_ENTRYID,
  PR_SUBJECT,
  type Preprocessor,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { readRecipients, withValues } from './record.ts';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { World } from './world.testing.ts';

const FAX_UID = utf8Encode('the uid of faxes');

/** Renders the message into PR_BODY, and notes what it did. */
class Renderer implements Preprocessor {
  readonly calls: string[] = [];
  readonly name: string;
  failure: MapiError | undefined;
  generate: ((folder: IMAPIFolder) => Promise<readonly IMessage[]>) | undefined;
  undeliverable: ((message: IMessage) => Promise<AdrList>) | undefined;

  constructor(name: string) {
    this.name = name;
  }

  async preprocessMessage(message: IMessage, { folder }: { readonly folder: IMAPIFolder }) {
    const [subject] = (await message.getProps([PR_SUBJECT])).values;
    this.calls.push(`${this.name} ${subject}`);
    if (this.failure !== undefined) throw this.failure;
    await message.setProps([prop(PR_COMMENT, `rendered by ${this.name}`)]);
    const messages = (await this.generate?.(folder)) ?? [];
    return { messages, undeliverable: (await this.undeliverable?.(message)) ?? [] };
  }

  async removePreprocessInfo(message: IMessage): Promise<void> {
    this.calls.push(`${this.name} removes`);
    await message.deleteProps([PR_COMMENT]);
  }
}

const all = (preprocessor: Preprocessor): PreprocessorRegistration => ({ uid: null, addrType: null, preprocessor });
const commentOf = async (message: IMessage) => (await message.getProps([PR_COMMENT])).values[0];

describe('preprocessors', () => {
  test('SUPP-46, SPOOL-050, SPOOL-051: those of the transport that will carry the message run, for the recipients they name', async () => {
    const smtp = new ScriptedTransport('smtp', { types: ['SMTP', 'FAX'] });
    const fax = new ScriptedTransport('fax', { types: ['FAX', 'TELEX'], uids: [FAX_UID] });
    const world = await World.started({ transports: [smtp, fax] });
    const calls: string[] = [];
    const register = (transport: ScriptedTransport, name: string, uid: Uint8Array | null, addrType: string | null) => {
      const preprocessor = new Renderer(name);
      calls.length = 0;
      preprocessor.calls.push = (...what) => calls.push(...what);
      world.main.spooler.registerPreprocessor(transport.uid, { uid, addrType, preprocessor });
    };
    register(fax, 'all of fax', null, null);
    register(smtp, 'SMTP', null, 'SMTP');
    register(fax, 'either', FAX_UID, 'TELEX');
    register(fax, 'uid', FAX_UID, null);
    const ran = async (...to: readonly string[]): Promise<readonly string[]> => {
      calls.length = 0;
      await world.submit('m', to);
      await world.pass();
      return calls.filter((call) => call.endsWith(' m')).map((call) => call.slice(0, -2));
    };
    deepStrictEqual(await ran('ann@a.b'), ['SMTP']);
    deepStrictEqual(await ran('FAX:1'), []); // smtp is before fax, and its preprocessor is for SMTP
    deepStrictEqual(await ran('TELEX:1'), ['all of fax', 'either']);
    deepStrictEqual(await ran('TELEX:1', 'ann@a.b'), ['all of fax', 'SMTP', 'either']);
    const message = await world.draft('m', []);
    const entryId = makeEntryId(FAX_UID, utf8Encode('bob'));
    const bob = [prop(PR_DISPLAY_NAME, 'Bob'), prop(PR_ADDRTYPE, 'EX'), prop(PR_EMAIL_ADDRESS, 'bob')];
    await message.modifyRecipients('add', [[...bob, prop(PR_ENTRYID, entryId), prop(PR_RECIPIENT_TYPE, MAPI_TO)]]);
    calls.length = 0;
    await message.submitMessage();
    await world.pass();
    deepStrictEqual(calls, [
      'all of fax m',
      'either m',
      'uid m',
      'all of fax removes',
      'either removes',
      'uid removes',
    ]);
  });

  test('SPOOL-049, SPOOL-052, SPOOL-055: the transport gets what they made of it, and what is filed is without it', async () => {
    const seen: (string | undefined)[] = [];
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: async ({ message }) => void seen.push(await commentOf(message)),
    });
    const world = await World.started({ transports: [smtp], preprocessing: true });
    const [first, second] = [new Renderer('first'), new Renderer('second')];
    for (const one of [first, second]) world.main.spooler.registerPreprocessor(smtp.uid, all(one));
    await using outbox = await world.outbox();
    await using sent = await outbox.createFolder('Sent');
    const [sentId] = (await sent.getProps([PR_ENTRYID])).values;
    await world.submit('m', ['ann@a.b'], [prop(PR_SENTMAIL_ENTRYID, sentId ?? new Uint8Array())]);
    await world.pass();
    deepStrictEqual(seen, ['rendered by second']);
    deepStrictEqual([...first.calls, ...second.calls], ['first m', 'first removes', 'second m', 'second removes']);
    await using table = await sent.getContentsTable();
    await table.setColumns([PR_SUBJECT, PR_COMMENT]);
    const [row = []] = await table.queryRows(2);
    deepStrictEqual([propOf(row, PR_SUBJECT), propOf(row, PR_COMMENT)], ['m', undefined]);
    strictEqual(await world.queued(), 0);
  });

  test('SPOOL-054: what they generate is sent too, and whom they find undeliverable is reported and not sent to', async () => {
    const smtp = new ScriptedTransport('smtp', { types: null });
    const world = await World.started({ transports: [smtp] });
    const renderer = new Renderer('r');
    renderer.generate = async (folder) => {
      renderer.generate = undefined;
      const generated = await folder.createMessage();
      await generated.setProps([prop(PR_SUBJECT, 'cover sheet'), prop(PR_BODY, 'x')]);
      const to = [prop(PR_DISPLAY_NAME, 'c'), prop(PR_ADDRTYPE, 'SMTP'), prop(PR_EMAIL_ADDRESS, 'cid@c.d')];
      await generated.modifyRecipients('add', [[...to, prop(PR_RECIPIENT_TYPE, MAPI_TO)]]);
      return [generated];
    };
    renderer.undeliverable = async (message) => {
      renderer.undeliverable = undefined;
      await using table = await message.getRecipientTable();
      await table.setColumns([PR_ROWID, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_RECIPIENT_TYPE]);
      const rows = await table.queryRows(9);
      return rows
        .filter((row) => propOf(row, PR_EMAIL_ADDRESS) === 'bad@a.b')
        .map((row) => [...row, prop(PR_NDR_REASON_CODE, 1)]);
    };
    world.main.spooler.registerPreprocessor(smtp.uid, all(renderer));
    await world.submit('m', ['ann@a.b', 'bad@a.b']);
    await world.pass();
    deepStrictEqual(smtp.sent.map(({ subject, address }) => `${subject} ${address}`).sort(), [
      'cover sheet cid@c.d',
      'm ann@a.b',
    ]);
    strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 1);
    strictEqual(await world.queued(), 0);
  });

  test('one that fails sends nothing and loses nothing: the message is tried again, and held in the end', async () => {
    const smtp = new ScriptedTransport('smtp', { types: null });
    const world = await World.started({ transports: [smtp], preprocessing: true });
    const renderer = new Renderer('r');
    renderer.failure = new MapiError('MAPI_E_CALL_FAILED', 'no paper');
    world.main.spooler.registerPreprocessor(smtp.uid, all(renderer));
    await world.submit('m', ['ann@a.b']);
    for (let minute = 0; minute < 60; minute++) await world.pass(60_000);
    ok(renderer.calls.length > 1);
    deepStrictEqual(smtp.sent, []);
    const [outgoing] = await world.main.spooler.outgoing();
    strictEqual(outgoing?.state, 'held');
    renderer.failure = undefined;
    await world.main.spooler.retry(outgoing.entryId);
    await world.pass(60_000);
    strictEqual(smtp.sent.length, 1);
  });

  test('a message that waits for one that is not there is held, and the logoff of a transport takes its own back', async () => {
    const smtp = new ScriptedTransport('smtp', { types: null });
    const world = await World.started({ transports: [smtp], preprocessing: true });
    world.main.spooler.registerPreprocessor(smtp.uid, all(new Renderer('r')));
    await world.main.spooler.notice(smtp.uid, { kind: 'criticalError', error: 'broken' });
    strictEqual(world.main.spooler.preprocesses, false);
    await world.main.spooler.validateState({});
    await world.submit('m', ['ann@a.b']);
    await world.pass();
    const [outgoing] = await world.main.spooler.outgoing();
    deepStrictEqual([outgoing?.state, smtp.sent.length], ['held', 0]);
  });

  test('SUPP-36, SUBMIT-022, SUBMIT-023: a message that its store’s own transport has sent is cleared up and filed', async () => {
    const smtp = new ScriptedTransport('smtp', { outcome: () => 'deferred' });
    const world = await World.started({ transports: [smtp] });
    const renderer = new Renderer('r');
    world.main.spooler.registerPreprocessor(smtp.uid, all(renderer));
    const entryId = await world.submit('m', ['ann@a.b']);
    await world.pass();
    deepStrictEqual([renderer.calls, await world.queued()], [['r m'], 1]);
    await rejects(world.main.spooler.completeMsg(entryId), { code: 'MAPI_E_CALL_FAILED' });
    await using message = await world.main.store.openEntry(entryId, { iid: 'IMessage', modify: true });
    const served = (await readRecipients(message)).map(({ row }) => withValues(row, [prop(PR_RESPONSIBILITY, true)]));
    await message.modifyRecipients('modify', served);
    await message.saveChanges();
    await world.main.spooler.completeMsg(entryId);
    deepStrictEqual([renderer.calls, await world.queued()], [['r m', 'r removes'], 0]);
    deepStrictEqual(smtp.sent, []);
  });

  test('SPOOL-053: one is given nobody to ask, releases nothing, submits nothing, and may not answer the message itself', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    const contexts: (readonly string[])[] = [];
    let answersItself = true;
    const preprocessor: Preprocessor = {
      preprocessMessage: async (message, context) => {
        contexts.push(Object.keys(context));
        await message.setProps([prop(PR_COMMENT, 'rendered')]);
        await message.release();
        await context.folder.release();
        return { messages: answersItself ? [message] : [], undeliverable: [] };
      },
      removePreprocessInfo: async () => {},
    };
    world.main.spooler.registerPreprocessor(smtp.uid, all(preprocessor));
    await world.submit('m', ['ann@a.b']);
    await world.pass();
    deepStrictEqual([contexts, smtp.sent, await world.queued()], [[['folder']], [], 1]);
    answersItself = false;
    await world.pass(60_000);
    deepStrictEqual([smtp.sent.length, await world.queued()], [1, 0]);
  });

  test('SPOOL-056: PR_PREPROCESS of a client neither spares a message its preprocessors nor sends one to them', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    await world.submit('plain', ['ann@a.b'], [prop(PR_PREPROCESS, true)]);
    await world.pass();
    const renderer = new Renderer('r');
    world.main.spooler.registerPreprocessor(smtp.uid, all(renderer));
    await world.submit('m', ['ann@a.b'], [prop(PR_PREPROCESS, true)]);
    await world.pass();
    deepStrictEqual(renderer.calls, ['r m', 'r removes']);
    deepStrictEqual(
      smtp.sent.map(({ subject }) => subject),
      ['plain', 'm'],
    );
  });
});
