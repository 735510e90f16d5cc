// HTML with a picture in it, and a file of any size, which is never whole in memory.
import { createReadStream } from 'node:fs';
import { composeMessage, endSession, MAPIInitialize, MAPILogonEx, openDefaultStore, openSpecialFolder } from 'nodemapi';

const { FILE = import.meta.filename } = process.env;
const dot = Buffer.from('R0lGODlhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=', 'base64');

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });
{
  await using store = await openDefaultStore(session);
  await using outbox = await openSpecialFolder(store, 'outbox');
  await using message = await composeMessage(outbox, {
    to: ['Ada Lovelace <ada@example.test>'],
    subject: 'With a picture',
    text: 'The dot is red.',
    html: '<p>The dot is <img src="cid:dot@example.test" alt="red">.</p>',
    attachments: [
      { fileName: 'dot.gif', mimeType: 'image/gif', contentId: 'dot@example.test', content: dot },
      { fileName: 'long.bin', content: createReadStream(FILE) },
    ],
  });
  await message.submitMessage();
}
const report = await endSession(session, { policy: 'drain', deadlineMs: 600_000 });
console.log(`sent ${report.outgoing.sent}; at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MB of memory`);
