// A program that uses nodemailer, with the transport exchanged: sendMail is done when the mail is on the disk.

import { createTransport } from 'nodemailer';
import { endSession, MAPIInitialize, MAPILogonEx, nodemailerTransport } from 'nodemapi';

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });
const mailer = createTransport(nodemailerTransport(session), { from: 'Ann <ann@example.test>' });

const info = await mailer.sendMail({
  to: 'Ada Lovelace <ada@example.test>',
  bcc: 'archive@example.test',
  subject: 'By nodemailer',
  html: '<p>As ever.</p>',
  attachments: [{ filename: 'notes.txt', content: 'The engine weaves algebraic patterns.' }],
});
console.log(`queued for ${info.accepted.join(', ')}`);

const report = await endSession(session, { policy: 'drain', deadlineMs: 30_000 });
const { sent, failed, left } = report.outgoing;
console.log(`sent ${sent}, failed ${failed}, left ${left}`);
