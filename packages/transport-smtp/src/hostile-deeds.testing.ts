/** What a hostile server may do in place of a good answer. */
import type { Socket } from 'node:net';

/** Odd, but an answer all the same. */
export const ODD_DEEDS = ['pieces', 'longText', 'eightBit', 'bareLf', 'multiline', 'noText', 'emptyLine'] as const;
/** No answer that anybody could understand. */
export const BROKEN_DEEDS = [
  ...(['close', 'reset', 'halfClose', 'cutOff', 'stall', 'drip', 'silent'] as const),
  ...(['nonsense', 'brokenLines', 'binary', 'overlong', 'endless', 'noSuchCode'] as const),
] as const;
/** Clear, and against it. */
export const REFUSING_DEEDS = ['refuse4xx', 'refuse5xx', 'refuse421', 'refuse421Open'] as const;
/** An answer to something else. */
export const CONFUSED_DEEDS = ['twice', 'otherCode'] as const;

export const DEEDS = [...REFUSING_DEEDS, ...BROKEN_DEEDS, ...CONFUSED_DEEDS, ...ODD_DEEDS] as const;
export type Deed = (typeof DEEDS)[number];

/** After which nothing happens any more until the client loses its patience. */
export function needsPatience(deed: Deed | undefined): boolean {
  return deed === 'stall' || deed === 'drip' || deed === 'halfClose' || deed === 'silent';
}

/** Whether the server does nothing else on the connection from there on. */
export function endsService(deed: Deed | undefined): boolean {
  return deed === 'stall' || deed === 'drip' || deed === 'overlong';
}

/** Whether the server has said its good answer, in whatever way, and goes on. */
export function isAnswer(deed: Deed | undefined): boolean {
  return deed === 'twice' || ODD_DEEDS.some((odd) => odd === deed);
}

export interface DeedContext {
  readonly socket: Socket;
  /** The good answer, without its line end. */
  readonly good: string;
  /** Sent instead of the usual text with 'refuse4xx' and 'refuse5xx'. */
  readonly text?: string | undefined;
}

const DRIP_MS = 5;
const LONG_TEXT_LENGTH = 5000;
const OVERLONG_LENGTH = 100_000;

type Act = (context: DeedContext) => void;

const ACTS: Readonly<Record<Deed, Act>> = {
  refuse4xx: ({ socket, text }) => socket.write(`${text ?? '451 4.3.0 not now'}\r\n`),
  refuse5xx: ({ socket, text }) => socket.write(`${text ?? '550 5.1.1 never'}\r\n`),
  refuse421: ({ socket }) => socket.end('421 4.3.2 shutting down\r\n'),
  refuse421Open: ({ socket }) => socket.write('421 4.3.2 shutting down\r\n'),
  close: ({ socket }) => socket.destroy(),
  reset: ({ socket }) => socket.resetAndDestroy(),
  halfClose: ({ socket }) => socket.end(),
  cutOff: ({ socket, good }) => socket.end(good),
  stall: ({ socket }) => socket.pause(),
  drip: ({ socket, good }) => drip(socket, `${good} ${'.'.repeat(LONG_TEXT_LENGTH)}`),
  silent: () => {}, // and it goes on with the next command
  nonsense: ({ socket }) => socket.write('would you like some tea?\r\n'),
  brokenLines: ({ socket }) => socket.write('250-one\r\nno code here\r\n550 two\r\n'),
  binary: ({ socket }) => socket.write(Buffer.from([0, 255, 254, 13, 10, 0, 50, 53, 48, 13, 10])),
  overlong: ({ socket, good }) => socket.write(`${good} ${'x'.repeat(OVERLONG_LENGTH)}`),
  endless: ({ socket, good }) => socket.write(`${good.slice(0, 3)}-again and again\r\n`.repeat(OVERLONG_LENGTH / 20)),
  noSuchCode: ({ socket }) => socket.write('999 nobody knows\r\n'),
  twice: ({ socket, good }) => socket.write(`${good}\r\n${good}\r\n`),
  otherCode: ({ socket, good }) => socket.write(good.startsWith('354') ? '250 2.0.0 ok\r\n' : '354 go on\r\n'),
  pieces: ({ socket, good }) => inPieces(socket, `${good}\r\n`),
  longText: ({ socket, good }) => socket.write(`${good} ${'x'.repeat(LONG_TEXT_LENGTH)}\r\n`),
  eightBit: ({ socket, good }) => socket.write(Buffer.from(`${good} gr\xfc\xdfe\r\n`, 'latin1')),
  bareLf: ({ socket, good }) => socket.write(`${good.replaceAll('\r\n', '\n')}\n`),
  multiline: ({ socket, good }) => socket.write(`${good.slice(0, 3)}-listen\r\n${good}\r\n`),
  noText: ({ socket, good }) => socket.write(good.includes('\r\n') ? `${good}\r\n` : `${good.slice(0, 3)}\r\n`),
  emptyLine: ({ socket, good }) => socket.write(`\r\n${good}\r\n`),
};

export function act(deed: Deed, context: DeedContext): void {
  ACTS[deed](context);
}

/** One byte at a time, too slowly for anybody's patience. */
function drip(socket: Socket, text: string): void {
  let sent = 0;
  const timer = setInterval(() => socket.write(text.charAt(sent++)), DRIP_MS);
  socket.on('close', () => clearInterval(timer));
}

/** A few bytes at a time, each in a packet of its own. */
function inPieces(socket: Socket, text: string): void {
  socket.setNoDelay(true);
  for (let at = 0; at < text.length; at += 7) socket.write(text.slice(at, at + 7));
}
