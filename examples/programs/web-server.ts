// A web server that takes mail into the queue while it runs: POST / sends, GET /health tells how it is. Its settings come from
// the environment, as in a container; SIGTERM ends it in good order.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { bindEnd, composeMessage, createSubsystem, MapiError, openDefaultStore, openSpecialFolder } from 'nodemapi';

const {
  SMTP_HOST = 'localhost',
  SMTP_PORT = '587',
  SMTP_SECURITY = 'starttls',
  MAIL_FROM = '',
  PORT = '8080',
} = process.env;
const account = { host: SMTP_HOST, port: SMTP_PORT, security: SMTP_SECURITY, from: MAIL_FROM };

const subsystem = await createSubsystem();
await subsystem.MAPIInitialize();
await subsystem.ensureProfile('web', { services: { smtp: account } });
const session = await subsystem.MAPILogonEx(null, 'web', null, { newSession: true });
const spooler = await subsystem.readySpoolerOf(session);

/** Resolves when the message is on the disk. */
async function send({ to, subject, text }: { to: string; subject: string; text: string }): Promise<void> {
  await using store = await openDefaultStore(session);
  await using outbox = await openSpecialFolder(store, 'outbox');
  await using message = await composeMessage(outbox, { to: [to], subject, text });
  await message.submitMessage();
}

/** 200 while mail can be taken, with what waits by state; an alarm may look at how long. */
async function health(): Promise<object> {
  return { queue: (await spooler?.queue.counts()) ?? [] };
}

async function answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
  try {
    if (request.method === 'GET') return { status: 200, body: await health() };
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    await send(JSON.parse(Buffer.concat(chunks).toString()));
    return { status: 202, body: { accepted: true } };
  } catch (error) {
    if (error instanceof SyntaxError) return { status: 400, body: { error: 'no JSON' } };
    if (!MapiError.is(error)) return { status: 500, body: { error: String(error) } };
    const status = error.code === 'MAPI_E_INVALID_PARAMETER' ? 400 : 503;
    return { status, body: { error: error.code, detail: error.detail } };
  }
}

const server = createServer(async (request, response) => {
  const { status, body } = await answer(request);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});

await bindEnd(session, {
  policy: 'drain',
  deadlineMs: 8000, // Docker kills after 10 seconds, Kubernetes after 30, systemd after 90
  beforeEnd: async () => {
    server.close(); // takes no more connections, and ends those that wait for a request
    await once(server, 'close'); // those that were answered meanwhile have put their mail into the queue
  },
  onReport: ({ outgoing: { sent, failed, left } }, cause) =>
    console.log(`${cause}: sent ${sent}, failed ${failed}, left ${left}`),
});
server.listen(Number(PORT), () => console.log('ready on', server.address()));
