/**
 * Reads the recurrences and time zones of a corpus, and writes what was read whole as it was.
 *
 * `npm run corpus -- DIR` gives the folder; without it the one test says so.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ByteReader, ByteWriter } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { decodeAppointmentRecurrence, encodeAppointmentRecurrence } from './appointment-recurrence.ts';
import { readRecurrencePattern, writeRecurrencePattern } from './recurrence-pattern.ts';
import { decodeTimeZone, decodeTimeZoneDefinition, encodeTimeZone, encodeTimeZoneDefinition } from './time-zone.ts';

const samples = join(process.env.NODEMAPI_CORPUS ?? '', 'smartview');
const isThere = process.env.NODEMAPI_CORPUS !== undefined && existsSync(samples);

/** What a sample is, by its name; each gives what it was written as again. */
const KINDS: readonly (readonly [RegExp, (bytes: Uint8Array) => Uint8Array])[] = [
  [/__2-arp/, (bytes) => encodeAppointmentRecurrence(decodeAppointmentRecurrence(bytes).recurrence)],
  [
    /__14-arp/,
    (bytes) => {
      const writer = new ByteWriter();
      writeRecurrencePattern(writer, readRecurrencePattern(new ByteReader(bytes)));
      return writer.toBytes();
    },
  ],
  [/__22-tz/, (bytes) => encodeTimeZone(decodeTimeZone(bytes))],
  [/__23-tzd/, (bytes) => encodeTimeZoneDefinition(decodeTimeZoneDefinition(bytes))],
];

/** Why a sample is not written as it was. */
const KNOWN: Readonly<Record<string, string>> = {
  'mfcmapi__2-arp2.hex.txt': 'two copies of its first bytes were put one after the other',
};

describe.skipIf(isThere)('corpus of recurrences', () => {
  test.skip('no corpus: npm run corpus -- DIR', () => {});
});

describe.runIf(isThere)('corpus of recurrences', () => {
  test('what is read is written as it was', () => {
    let count = 0;
    for (const name of readdirSync(samples)) {
      const again = KINDS.find(([pattern]) => pattern.test(name))?.[1];
      if (again === undefined) continue;
      count++;
      const bytes = new Uint8Array(Buffer.from(readFileSync(join(samples, name), 'latin1').trim(), 'hex'));
      const written = Buffer.from(again(bytes)).toString('hex');
      if (KNOWN[name] === undefined) assert.equal(written, Buffer.from(bytes).toString('hex'), name);
    }
    assert.ok(count > 0);
    console.log(
      `recurrences and time zones: ${count} samples, written as they were but for ${Object.keys(KNOWN).length}`,
    );
  });
});
