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
    [
      'Server response exceeds maximum allowed size',
      'the server says more than an answer may have (Server response exceeds maximum allowed size)',
    ],
    [
      '801C24B4637F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../record/ssl3_record.c:350:',
      'no encryption can be agreed on with the server: wrong version number',
    ],
    ['no answer to DATA within 4 s', 'no answer to DATA within 4 s'],
  ] as const;
  for (const [said, text] of cases) {
    test(`is in words: ${said}`, () => assert.equal(textOf(said), text));
  }
});
