import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type IMAPISession, MapiError } from '@nodemapi/mapi';
import { endSession } from '@nodemapi/session';
import { createTransport } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createSubsystem } from './create-subsystem.ts';
import type { HomeSubsystem } from './home-subsystem.ts';
import { nodemailerTransport } from './nodemailer-transport.ts';

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

const received: Received[] = [];
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  onData: (stream, { envelope }, callback) => {
    let text = '';
    stream.on('data', (chunk) => (text += String(chunk)));
    stream.on('end', () => {
      const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
      received.push({ from, to: envelope.rcptTo.map(({ address }) => address).sort(), text });
      callback();
    });
  },
});
let home = '';
let subsystem: HomeSubsystem;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'nodemapi-mailer-'));
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const address = listening.address();
  assert.ok(typeof address === 'object' && address !== null);
  subsystem = await createSubsystem({ home });
  await subsystem.MAPIInitialize();
  const smtp = { host: '127.0.0.1', port: address.port, security: 'none', from: 'ann@example.test' };
  await subsystem.ensureProfile('work', { services: { smtp } });
  await subsystem.ensureProfile('alone');
});
afterAll(async () => {
  await subsystem.MAPIUninitialize();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await rm(home, { recursive: true });
});

type Mailer = ReturnType<typeof mailerOf>;
const mailerOf = (session: IMAPISession) => createTransport(nodemailerTransport(session), { from: 'ann@example.test' });

/** What the server got of the mails that `work` sends, once all have left the queue. */
async function sending<T>(work: (mailer: Mailer) => Promise<T>): Promise<{ readonly got: Received[]; answer: T }> {
  received.length = 0;
  const session = await subsystem.MAPILogonEx(null, 'work', null, { newSession: true });
  const answer = await work(mailerOf(session));
  const report = await endSession(session, { uninitialize: false });
  assert.deepEqual([report.outgoing.left, report.leftOpen.objects], [0, []]);
  return { got: [...received], answer };
}

const headerOf = ({ text }: Received, name: string): string | undefined =>
  new RegExp(`^${name}: (.*?)\r?$`, 'imu').exec(text)?.[1];

describe('a transport of nodemailer', () => {
  test('a mail with both bodies, an inline picture, a stream and headers of its own arrives as it was written', async () => {
    const { got, answer } = await sending(async (mailer) => {
      assert.equal(await mailer.verify(), true);
      return mailer.sendMail({
        to: 'Ada <ada@example.test>, bob@example.test',
        cc: 'carl@example.test',
        bcc: 'dora@example.test',
        replyTo: 'answers@example.test',
        subject: 'Grüße',
        text: 'plain',
        html: '<img src="cid:pic@x">rich',
        priority: 'high',
        headers: { 'X-Campaign': '7', 'Feedback-ID': 'a:b' },
        list: { unsubscribe: 'https://example.test/u' },
        attachments: [
          { filename: 'pic.png', content: Buffer.from([1, 2, 3]), cid: 'pic@x' },
          { filename: 'long.bin', content: Readable.from([Buffer.alloc(300_000, 7)]) },
        ],
      });
    });
    const [mail] = got;
    assert.ok(mail);
    assert.equal(mail.from, 'ann@example.test');
    const everybody = ['ada', 'bob', 'carl', 'dora'].map((name) => `${name}@example.test`);
    assert.deepEqual([mail.to, answer.accepted, answer.rejected], [everybody, everybody, []]);
    assert.equal(headerOf(mail, 'Message-ID'), answer.messageId);
    assert.deepEqual(
      ['X-Campaign', 'Feedback-ID', 'List-Unsubscribe', 'Importance', 'Reply-To', 'Subject', 'Cc'].map((name) =>
        headerOf(mail, name)?.toLowerCase(),
      ),
      [
        ...['7', 'a:b', '<https://example.test/u>', 'high', 'answers@example.test', '=?utf-8?b?r3ldvmofzq==?='],
        'carl@example.test',
      ],
    );
    assert.doesNotMatch(mail.text, /dora/u);
    assert.match(mail.text, /multipart\/alternative[\s\S]*plain[\s\S]*multipart\/related[\s\S]*<pic@x>/u);
    assert.match(mail.text, /filename="?long\.bin/u);
    assert.ok(mail.text.length > 400_000);
  });

  test('the envelope is served: who is shown only is not, who is in it only is blind', async () => {
    const { got } = await sending((mailer) =>
      mailer.sendMail({
        to: 'list@example.test, Ada <ADA@example.test>',
        text: 'x',
        envelope: { to: ['ada@example.test', 'hidden@example.test'] },
      }),
    );
    assert.deepEqual(
      got[0]?.to.map((address) => address.toLowerCase()),
      ['ada@example.test', 'hidden@example.test'],
    );
    assert.match(headerOf(got[0] as Received, 'To') ?? '', /list@example\.test/u);
    assert.doesNotMatch(got[0]?.text ?? '', /hidden/u);
  });

  test('the answer has the Message-ID that is sent, also of a mail that was written before', async () => {
    const envelope = { to: ['ada@example.test'] };
    const text = 'From: ann@example.test\r\nTo: ada@example.test\r\nSubject: x\r\n';
    for (const raw of [`${text}\r\nx`, `${text}Message-ID: <own@example.test>\r\n\r\nx`]) {
      const { got, answer } = await sending((mailer) => mailer.sendMail({ raw, envelope }));
      assert.equal(headerOf(got[0] as Received, 'Message-ID'), answer.messageId);
    }
  });

  test('there is no Sender where the author sends by the account of the same address; else it is the account alone', async () => {
    const senders = async (from: string): Promise<string | undefined> => {
      const { got } = await sending((mailer) => mailer.sendMail({ from, to: 'ada@example.test', text: 'x' }));
      return headerOf(got[0] as Received, 'Sender');
    };
    assert.equal(await senders('Ann Lee <ann@example.test>'), undefined);
    assert.equal(await senders('Boss <boss@example.test>'), 'ann@example.test');
  });

  test('many at a time are all queued, each with its own text', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
    const { got } = await sending((mailer) =>
      Promise.all(names.map((name) => mailer.sendMail({ to: `${name}@example.test`, text: `for ${name}.` }))),
    );
    assert.deepEqual(got.map(({ text }) => /for (n\d+)\./u.exec(text)?.[1]).sort(), names.sort());
  });

  test('what the queue cannot promise is refused, and nothing is queued', async () => {
    const refused = async (mailer: Mailer, mail: object, code: string): Promise<void> => {
      const wrong = mailer.sendMail({ to: 'ada@example.test', text: 'x', ...mail });
      await assert.rejects(wrong, (error) => MapiError.is(error) && error.code === code);
    };
    const { got } = await sending(async (mailer) => {
      const dkim = { domainName: 'example.test', keySelector: 'k', privateKey: 'x' };
      await refused(mailer, { dkim }, 'MAPI_E_NO_SUPPORT');
      await refused(mailer, { auth: { user: 'u', pass: 'p' } }, 'MAPI_E_NO_SUPPORT');
      await refused(mailer, { requireTLSExtensionEnabled: true }, 'MAPI_E_NO_SUPPORT');
      const envelope = { from: 'bounce+7@example.test', to: ['ada@example.test'] };
      await refused(mailer, { envelope }, 'MAPI_E_NO_SUPPORT');
      await refused(mailer, { to: [] }, 'MAPI_E_NO_RECIPIENTS');
      const broken = new Readable({ read: (): void => void broken.destroy(new Error('the file is gone')) });
      const attachments = [{ filename: 'a', content: broken }];
      await assert.rejects(mailer.sendMail({ to: 'ada@example.test', text: 'x', attachments }), /the file is gone/u);
    });
    assert.deepEqual(got, []);
  });

  test('a mail that is given up while it is read is not queued', async () => {
    const { got } = await sending(async (mailer) => {
      const { signal, abort } = ((controller) => ({
        signal: controller.signal,
        abort: () => controller.abort(new Error('given up')),
      }))(new AbortController());
      const content = Readable.from(
        (async function* () {
          yield Buffer.alloc(100_000);
          abort();
          yield Buffer.alloc(100_000);
        })(),
      );
      const mail = { to: 'ada@example.test', text: 'x', attachments: [{ filename: 'a', content }], signal };
      await assert.rejects(mailer.sendMail(mail), /given up/u);
    });
    assert.deepEqual(got, []);
  });

  test('verify says that the profile has nobody who takes mail', async () => {
    const session = await subsystem.MAPILogonEx(null, 'alone', null, { newSession: true, noMail: true });
    await assert.rejects(mailerOf(session).verify(), { code: 'MAPI_E_NOT_FOUND' });
    await endSession(session, { uninitialize: false });
    await assert.rejects(mailerOf(session).sendMail({ to: 'a@example.test', text: 'x' }), {
      code: 'MAPI_E_INVALID_OBJECT',
    });
  });
});
