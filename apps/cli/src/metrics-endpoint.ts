/**
 * Serves the metrics of a subsystem to Prometheus: on a port of this computer alone, or on a Unix socket that only its
 * owner can open.
 */
import { chmod, lstat, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createConnection } from 'node:net';
import { resolve } from 'node:path';
import { MapiError } from 'nodemapi';
import { UsageError } from './command.ts';

/** A client that does not send its request within this time is let go. */
const requestTimeoutMs = 10_000;
const connectionsMax = 32;
/** A longer path is cut by the system, and the socket lies elsewhere. */
const socketPathBytesMax = process.platform === 'linux' ? 107 : 103;

export interface MetricsEndpoint extends AsyncDisposable {
  /** What a scraper is to be pointed to. */
  readonly address: string;
}

/** Where to listen. */
export type MetricsPlace = { readonly port: number } | { readonly path: string };

/** Reads `--metrics`: a port, 0 for any, or the path of a socket. @throws UsageError */
export function metricsPlace(text: string, cwd: string): MetricsPlace {
  if (/^\d+$/u.test(text)) {
    const port = Number(text);
    if (port > 65_535) throw new UsageError(`--metrics ${text} is no port: there are 0 to 65535`);
    return { port };
  }
  if (!/[/\\.]/u.test(text)) throw new UsageError(`--metrics takes a port or the path of a socket, not "${text}"`);
  return { path: resolve(cwd, text) };
}

/**
 * Listens until it is disposed; answers `GET /metrics` with what `text` says.
 *
 * @throws MAPI_E_BUSY if the port or the socket is taken; MAPI_E_NO_ACCESS if it may not be had;
 *   MAPI_E_INVALID_PARAMETER if the path is too long for a socket
 */
export async function serveMetrics(place: MetricsPlace, text: () => Promise<string>): Promise<MetricsEndpoint> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (path !== '/metrics' || !isRead) {
      response.writeHead(path === '/metrics' ? 405 : 404, { 'Content-Type': 'text/plain' }).end('GET /metrics\n');
      return;
    }
    text().then(
      (body) => response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body),
      (error: unknown) => {
        response.writeHead(500, { 'Content-Type': 'text/plain' }).end(`${MapiError.from(error, 'metrics').code}\n`);
      },
    );
  });
  server.requestTimeout = requestTimeoutMs;
  server.headersTimeout = requestTimeoutMs;
  server.maxConnections = connectionsMax;
  if ('path' in place) {
    checkLength(place.path);
    await clearStale(place.path);
  }
  await listening(server, place);
  server.unref();
  return { address: addressOf(server, place), [Symbol.asyncDispose]: () => closed(server) };
}

function checkLength(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= socketPathBytesMax || process.platform === 'win32') return;
  throw new MapiError(
    'MAPI_E_INVALID_PARAMETER',
    `${path} has ${bytes} bytes, and the path of a socket ${socketPathBytesMax} at most`,
  );
}

async function listening(server: Server, place: MetricsPlace): Promise<void> {
  try {
    const ready = new Promise<void>((resolve, reject) => {
      server.once('listening', resolve).once('error', reject);
    });
    server.listen('path' in place ? { path: place.path } : { port: place.port, host: '127.0.0.1' });
    await ready;
    if ('path' in place && process.platform !== 'win32') await chmod(place.path, 0o600);
  } catch (cause) {
    const where = 'path' in place ? place.path : `port ${place.port}`;
    const isTaken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const why = isTaken ? 'is taken' : `cannot be had (${(cause as Error).message})`;
    throw new MapiError(isTaken ? 'MAPI_E_BUSY' : 'MAPI_E_NO_ACCESS', `${where} for the metrics ${why}`, { cause });
  }
}

/** A socket that a killed process has left behind is taken away; nothing else is. */
async function clearStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined); // whatever is the matter, listening says it
  if (found?.isSocket() !== true) return;
  const isAlive = await new Promise<boolean>((resolve) => {
    const probe = createConnection(path);
    probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
  if (!isAlive) await rm(path, { force: true });
}

function addressOf(server: Server, place: MetricsPlace): string {
  if ('path' in place) return `${place.path} (GET /metrics)`;
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : place.port;
  return `http://127.0.0.1:${port}/metrics`;
}

async function closed(server: Server): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await ended;
}
