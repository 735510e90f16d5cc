/**
 * Signs messages by DKIM without holding them: a message is made once for its hash and once more to be sent, and what is
 * sent must be the same, or it is broken off before its end.
 */
import { createHash, type Hash } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MapiError, utf8Encode } from '@nodemapi/base';
import MessageParser, { type MessageParserHeaderLine } from 'nodemailer/lib/dkim/message-parser';
import RelaxedBody from 'nodemailer/lib/dkim/relaxed-body';
import sign from 'nodemailer/lib/dkim/sign';
import type { DkimKey } from './dkim-key.ts';
import type { AsyncIterableFactory } from './mail-body.ts';

interface Signature {
  /** The header line with its end. */
  readonly header: Uint8Array;
  /** SHA-256 of the message that was signed. */
  readonly digest: string;
}

/** The same messages with a DKIM-Signature before them. `body` must give the same bytes each time. */
export function signedBody(body: AsyncIterableFactory, key: DkimKey): AsyncIterableFactory {
  let signing: Promise<Signature> | undefined;
  return async function* () {
    signing ??= signatureOf(body(), key);
    const { header, digest } = await signing;
    yield header;
    const hash = createHash('sha256');
    yield* hashed(body(), hash);
    if (hash.digest('hex') === digest) return;
    throw new MapiError('MAPI_E_OBJECT_CHANGED', 'the message has changed since it was signed');
  };
}

async function signatureOf(body: AsyncIterable<Uint8Array>, key: DkimKey): Promise<Signature> {
  const hash = createHash('sha256');
  const parser = new MessageParser();
  const relaxed = new RelaxedBody({ hashAlgo: 'sha256' });
  let headers: MessageParserHeaderLine[] = [];
  let bodyHash = '';
  parser.on('headers', (lines: MessageParserHeaderLine[]) => {
    headers = lines;
  });
  relaxed.on('hash', (value: string) => {
    bodyHash = value;
  });
  await pipeline(Readable.from(hashed(body, hash), { objectMode: false }), parser, relaxed, nowhere());
  const { domain: domainName, selector: keySelector, privateKey } = key;
  const line = sign(headers, 'sha256', bodyHash, { domainName, keySelector, privateKey });
  if (line === false) throw new MapiError('MAPI_E_CALL_FAILED', 'the message could not be signed');
  return { header: utf8Encode(`${line}\r\n`), digest: hash.digest('hex') };
}

async function* hashed(body: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    hash.update(piece);
    yield piece;
  }
}

/** Takes everything and keeps nothing. */
function nowhere(): Writable {
  return new Writable({ write: (_piece, _encoding, done) => done() });
}
