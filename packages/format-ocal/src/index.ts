/** Recurrences and time zones of calendars, as MAPI stores them. */
export * from './appointment-recurrence.ts';
export * from './local-time.ts';
export { OCCURRENCES_MAX, occurrenceDays } from './occurrences.ts';
export {
  ENDLESS_DATE,
  type RecurrenceEnd,
  type RecurrenceFrequency,
  type RecurrencePattern,
  type RecurrencePatternType,
  readRecurrencePattern,
  writeRecurrencePattern,
} from './recurrence-pattern.ts';
export { type NoPattern, patternOfRule, type RuleContext, ruleOfPattern } from './recurrence-rule.ts';
export * from './time-zone.ts';
