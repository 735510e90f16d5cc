/**
 * Every step of the conversation × everything that a server may do there, with and without PIPELINING: what becomes of each
 * recipient, whether the connection is used again, and what becomes of the next message. What is expected is said by rules
 * about steps and deeds, not by what the code does. The time is the clock's own; nothing here waits for a real limit.
 */
import assert from 'node:assert/strict';
import { nullLog, systemClock, utf8Encode, VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import { BROKEN_DEEDS, DEEDS, type Deed, needsPatience, ODD_DEEDS, REFUSING_DEEDS } from './hostile-deeds.testing.ts';
import { type HostilePlan, HostileSmtp } from './hostile-smtp.testing.ts';
import { type SmtpConfig, smtpConfigOf } from './smtp-config.ts';
import { SmtpPool } from './smtp-pool.ts';
import { PR_SMTP_FROM_ADDRESS, PR_SMTP_HOST } from './smtp-properties.ts';
import { sendMail } from './smtp-sender.ts';

const RECIPIENTS = ['a@x.test', 'b@x.test', 'c@x.test'];
const TIMEOUT_MS = 60_000;
const AT_A_TIME = 24;
/** Of the event loop, until an answer has come for certain. */
const TURNS = 40;
/** Of real time: what has not ended then hangs. */
const HANG_MS = 240_000;

interface Place {
  readonly plan: HostilePlan;
  readonly config?: Partial<SmtpConfig>;
  /** The body waits in its middle until the server has done it. */
  readonly inBody?: boolean;
  /** It comes after the first message. */
  readonly after?: true;
}

const CREDENTIALS = { user: 'me', password: 'secret' };
const PLACES = {
  greeting: { plan: { at: 'greeting' } },
  ehlo: { plan: { at: 'ehlo' } },
  helo: { plan: { at: 'helo', old: true } },
  auth: { plan: { at: 'auth', extensions: ['AUTH PLAIN'] }, config: { credentials: CREDENTIALS } },
  mail: { plan: { at: 'mail' } },
  oneRcpt: { plan: { at: 'rcpt', address: 'b@x.test' } },
  everyRcpt: { plan: { at: 'rcpt', once: false } },
  data: { plan: { at: 'data' } },
  body: { plan: { at: 'body' }, inBody: true },
  message: { plan: { at: 'message' } },
  rset: { plan: { at: 'rset' }, after: true },
  quit: { plan: { at: 'quit' }, after: true },
} as const satisfies Record<string, Place>;
type PlaceName = keyof typeof PLACES;

interface Fate {
  readonly first: readonly string[];
  /** Of a second message, for which the server behaves. */
  readonly second?: string;
  /** Whether the second went over the connection of the first. */
  readonly reused?: boolean;
}

const all = (outcome: string): readonly string[] => RECIPIENTS.map(() => outcome);
const isOneOf = (deed: Deed, deeds: readonly Deed[]): boolean => deeds.includes(deed);

/** The fate of the first message: refusals are final or not by their first digit, and only the dot makes it doubtful. */
function expectedFirst(place: PlaceName, deed: Deed): readonly string[] {
  const isOdd = isOneOf(deed, ODD_DEEDS);
  const refusal = deed === 'refuse5xx' ? 'failed' : 'deferred';
  switch (place) {
    case 'rset':
    case 'quit':
      return all('delivered');
    case 'greeting':
    case 'helo':
    case 'auth':
      return all(isOdd ? 'delivered' : 'deferred');
    case 'ehlo': // whoever refuses EHLO is asked by HELO
      return all(isOdd || isHeloNext(deed) ? 'delivered' : 'deferred');
    case 'oneRcpt':
      if (deed === 'refuse4xx' || deed === 'refuse5xx') return ['delivered', refusal, 'delivered'];
      return all(isOdd ? 'delivered' : 'deferred');
    case 'mail':
    case 'everyRcpt':
    case 'data':
      return all(isOdd ? 'delivered' : refusal);
    case 'body': // it may refuse before it has all of it, but not accept; who waits has all of it in the end
      if (deed === 'silent') return all('delivered'); // as everybody is there
      return all(needsPatience(deed) && deed !== 'halfClose' ? 'unknown' : refusal);
    case 'message':
      if (isOdd || deed === 'twice') return all('delivered');
      return all(isOneOf(deed, REFUSING_DEEDS) ? refusal : 'unknown');
  }
}

function isHeloNext(deed: Deed): boolean {
  return deed === 'refuse4xx' || deed === 'refuse5xx' || deed === 'otherCode';
}

/** A connection is used again where every answer made sense and came when it was asked for. */
function expectedReuse(place: PlaceName, deed: Deed): boolean {
  if (isOneOf(deed, ODD_DEEDS)) return place !== 'body';
  if (place === 'ehlo') return isHeloNext(deed);
  if (place === 'body' && deed === 'silent') return true;
  const isRefusal = deed === 'refuse4xx' || deed === 'refuse5xx';
  return isRefusal && ['mail', 'oneRcpt', 'everyRcpt', 'data', 'message'].includes(place);
}

/** The next message has luck, unless the password has just been refused. */
function expectedSecond(place: PlaceName, deed: Deed): string {
  return place === 'auth' && deed === 'refuse5xx' ? 'deferred' : 'delivered';
}

function expected(place: PlaceName, deed: Deed): Fate {
  const first = expectedFirst(place, deed);
  if (place === 'quit') return { first };
  return { first, second: expectedSecond(place, deed), reused: expectedReuse(place, deed) };
}

/** A message that goes on when `waited` says so. */
function body(waited: () => Promise<void>): () => AsyncGenerator<Uint8Array> {
  return async function* () {
    yield utf8Encode(`Subject: x\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(500)}`);
    await waited();
    yield utf8Encode('the end\r\n');
  };
}

async function* small(): AsyncGenerator<Uint8Array> {
  yield utf8Encode('Subject: x\r\n\r\nhello\r\n.dot\r\n');
}

async function play(place: PlaceName, deed: Deed, pipelining: boolean): Promise<Fate> {
  const { plan, config: more, inBody, after }: Place = PLACES[place];
  const extensions = [...(pipelining ? ['PIPELINING'] : []), '8BITMIME', ...(plan.extensions ?? [])];
  await using server = await HostileSmtp.start({ once: true, ...plan, deed, extensions });
  const clock = new VirtualClock();
  const values = [
    { tag: PR_SMTP_HOST, value: '127.0.0.1' },
    { tag: PR_SMTP_FROM_ADDRESS, value: 'me@x.test' },
  ];
  const base: SmtpConfig = { ...smtpConfigOf(values), port: server.port, security: 'none', timeoutMs: TIMEOUT_MS };
  const config = { ...base, idleMs: 3_600_000, ...more };
  const pool = new SmtpPool(config, { clock, log: nullLog });
  let isWhole = inBody !== true;
  const untilDone = async (): Promise<void> => {
    while (server.deeds === 0) await systemClock.delay(2);
    for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve)); // it is on its way
    isWhole = true;
  };
  let connections = 1;
  const isStuck = (): boolean =>
    isWhole && server.deeds > 0 && needsPatience(deed) && server.connections === connections;
  const send = async (source: () => AsyncGenerator<Uint8Array>): Promise<readonly string[]> => {
    const mail = { from: 'me@x.test', recipients: RECIPIENTS.map((address) => ({ address })), body: source };
    const sending = sendMail(mail, pool, config, new AbortController().signal);
    const { outcomes } = await withPatience(sending, isStuck, clock);
    return RECIPIENTS.map((address) => outcomes.get(address)?.outcome ?? 'none');
  };
  const first = await send(inBody === true ? body(untilDone) : small);
  if (first.includes('delivered') && !first.includes('failed')) assert.equal(server.delivered, 1, `${place} ${deed}`);
  connections = server.connections;
  if (place === 'quit') {
    await withPatience(pool.close(), () => server.deeds > 0, clock);
    return { first };
  }
  if (after === true)
    await clock.advance(2000); // so that the connection is tested
  else {
    server.behave();
    isWhole = false; // nothing is stuck any more
  }
  const second = await send(small);
  await withPatience(pool.close(), () => true, clock);
  assert.equal(clock.pendingTimers, 0, `${place} ${deed} leaves a timer`);
  assert.equal(new Set(second).size, 1);
  return {
    first,
    second: second[0] ?? 'none',
    reused: second[0] === 'delivered' && server.connections === connections,
  };
}

/** Lets time pass while nothing else can happen. */
async function withPatience<T>(work: Promise<T>, isStuck: () => boolean, clock: VirtualClock): Promise<T> {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  const startedMs = systemClock.monotonicMs();
  while (!done) {
    await Promise.race([ended, systemClock.delay(3)]);
    assert.ok(systemClock.monotonicMs() - startedMs < HANG_MS, 'hangs');
    if (!done && isStuck()) await clock.advance(10_000);
  }
  return ended;
}

test('XP-026: every step × every misbehaviour: the fate of each recipient, of the connection and of the next message', async () => {
  const cases = Object.keys(PLACES).flatMap((place) =>
    DEEDS.flatMap((deed) => [true, false].map((pipelining) => ({ place: place as PlaceName, deed, pipelining }))),
  );
  const wrong: string[] = [];
  const queue = [...cases];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { place, deed, pipelining } = next;
      const name = `${place} × ${deed}${pipelining ? ' with' : ' without'} PIPELINING`;
      const found = await play(place, deed, pipelining).catch((error: unknown) => String(error));
      const wanted = expected(place, deed);
      if (JSON.stringify(found) === JSON.stringify(wanted)) continue;
      wrong.push(`${name}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  process.stdout.write(
    `${cases.length} combinations of ${DEEDS.length} deeds at ${Object.keys(PLACES).length} steps\n`,
  );
  assert.deepEqual(wrong, []);
  assert.ok(BROKEN_DEEDS.length >= 12);
});
