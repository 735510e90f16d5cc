// A mailing with a text of its own for each of many: in the queue within seconds, and sent while the program stays. What it had not
// put into the queue when it was stopped it does the next time: the list of those who are done is a file.
import { appendFile, readFile } from 'node:fs/promises';
import { composeMessage, endSession, MAPIInitialize, MAPILogonEx, openDefaultStore, openSpecialFolder } from 'nodemapi';

const { COUNT = '10000', DONE = 'mailing-done.txt' } = process.env;
const members = Array.from({ length: Number(COUNT) }, (_, index) => `member${index}@example.test`);
const done = new Set((await readFile(DONE, 'utf8').catch(() => '')).split('\n'));

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });
{
  await using store = await openDefaultStore(session);
  await using outbox = await openSpecialFolder(store, 'outbox');
  const waiting = members.filter((member) => !done.has(member));
  const next = waiting[Symbol.iterator]();
  /** Several at a time share one write to the disk. */
  const worker = async (): Promise<void> => {
    for (const member of next) {
      await using message = await composeMessage(outbox, {
        to: [member],
        subject: 'News of November',
        text: `Dear ${member.split('@')[0]},\n\nhere is what is new.\n`,
        html: `<p>Dear ${member.split('@')[0]},</p><p>here is what is <b>new</b>.</p>`,
      });
      await message.submitMessage();
      await appendFile(DONE, `${member}\n`);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: 16 }, worker));
  console.log(`${waiting.length} queued in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
const report = await endSession(session, { policy: 'drain', deadlineMs: Number(process.env.DEADLINE_MS ?? 3_600_000) });
console.log(`sent ${report.outgoing.sent}, failed ${report.outgoing.failed}, left ${report.outgoing.left}`);
