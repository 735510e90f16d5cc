import type { FuzzTarget } from '@nodemapi/conformance';
import { decodeAppointmentRecurrence, encodeAppointmentRecurrence } from './appointment-recurrence.ts';
import { biasAt, localOfUtc } from './local-time.ts';
import { SAMPLE_HEX, ZONE_HEX } from './ocal-sample.testing.ts';
import { occurrenceDays } from './occurrences.ts';
import { ruleOfPattern } from './recurrence-rule.ts';
import {
  decodeTimeZone,
  decodeTimeZoneDefinition,
  effectiveRule,
  encodeTimeZone,
  encodeTimeZoneDefinition,
} from './time-zone.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const daysLookedAt = 50;

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'recurrence',
    msPerKilobyte: 4, // each text is decoded from its code page and again from UTF-16
    corpus: [],
    seeds: () => [bytes(SAMPLE_HEX)],
    words: [bytes('0a20'), bytes('0d20'), bytes('0300'), bytes('0c00'), bytes('ffffffff'), bytes('22200000')],
    run: (input) => {
      const { recurrence } = decodeAppointmentRecurrence(input);
      const again = decodeAppointmentRecurrence(encodeAppointmentRecurrence(recurrence));
      if (again.problems.length > 0) throw new Error(`written badly: ${again.problems[0]}`);
      let left = daysLookedAt;
      for (const _ of occurrenceDays(recurrence.pattern)) if (--left === 0) break;
      return ruleOfPattern(recurrence.pattern, String);
    },
  },
  {
    name: 'time-zone',
    corpus: [],
    seeds: () => [bytes(ZONE_HEX.struct), bytes(ZONE_HEX.definition)],
    run: (input) => {
      const isDefinition = input[0] === 2;
      const definition = isDefinition ? decodeTimeZoneDefinition(input) : undefined;
      if (definition !== undefined) decodeTimeZoneDefinition(encodeTimeZoneDefinition(definition));
      const rule = definition === undefined ? decodeTimeZone(input) : effectiveRule(definition);
      if (rule === undefined) return undefined;
      decodeTimeZone(encodeTimeZone(rule));
      return [biasAt(rule, 213_000_000), localOfUtc(rule, 213_000_000)];
    },
  },
];
