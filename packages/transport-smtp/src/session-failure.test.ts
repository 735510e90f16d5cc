import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { failureOf } from './session-failure.ts';
import { Transcript } from './transcript.ts';

function textOf(message: string): string {
  return failureOf(
    new Error(message),
    new Transcript(
      () => {},
      () => '',
    ),
  ).text;
}

describe('what the system says about a connection', () => {
  const cases = [
    ['connect ECONNREFUSED 127.0.0.1:25', 'no mail server answers there (connect ECONNREFUSED 127.0.0.1:25)'],
    ['read ECONNRESET', 'the connection broke (read ECONNRESET)'],
    ['write EPIPE', 'the connection broke (write EPIPE)'],
    ['getaddrinfo ENOTFOUND mail.test', 'the name of the server was not found (getaddrinfo ENOTFOUND mail.test)'],
    ['connect ENETUNREACH 10.0.0.1:25', 'the network does not reach the server (connect ENETUNREACH 10.0.0.1:25)'],
    ['connect ETIMEDOUT 10.0.0.1:25', 'the server did not answer in time (connect ETIMEDOUT 10.0.0.1:25)'],
    ['Connection closed unexpectedly', 'the server closed the connection'],
    ['no answer to DATA within 4 s', 'no answer to DATA within 4 s'],
  ] as const;
  for (const [said, text] of cases) {
    test(`is in words: ${said}`, () => assert.equal(textOf(said), text));
  }
});
