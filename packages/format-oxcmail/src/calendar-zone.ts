/** Time zones that a calendar describes, and what MAPI has of them. RFC 5545 3.6.5, [MS-OXCICAL] 2.1.3.1.1.19 */
import type { ZoneChange, ZoneRule } from '@nodemapi/format-ocal';
import ICAL, { type Component, type Property } from 'ical.js';

/** Phases of a zone that a real one has at most, and those of them that repeat. */
const zonePhasesMax = 200;
const zoneRulesMax = 8;
/** Calendars of programs begin their zones here, so nobody has to go through more years. */
const zoneYearMin = 1601;
/** One day of one month, each year: what every rule of a real zone says. */
const ZONE_RULE =
  /^RRULE:FREQ=YEARLY(?:;(?:BYMONTH=\d{1,2}|BYDAY=[+-]?[1-5]?[A-Z]{2}|BYMONTHDAY=(?:(?:1?\d|2[0-8]),){0,6}(?:1?\d|2[0-8])|INTERVAL=1|WKST=[A-Z]{2}|UNTIL=\d{8}(?:T\d{6}Z?)?))*$/i;

/** Whether the calendar describes the zone, in a way that takes no time to unroll: any other rule could take for ever. */
export function isPlainZone(calendar: Component, tzid: string): boolean {
  const zone = zoneOf(calendar, tzid);
  if (zone === undefined) return false;
  const phases = [...zone.getAllSubcomponents('standard'), ...zone.getAllSubcomponents('daylight')];
  const rules = phases.flatMap((phase) => phase.getAllProperties('rrule'));
  const dates = phases.flatMap((phase) => phase.getAllProperties('rdate'));
  if (phases.length > zonePhasesMax || rules.length > zoneRulesMax || dates.length > zonePhasesMax) return false;
  return (
    rules.every((rule) => ZONE_RULE.test(rule.toICALString())) &&
    phases.every((phase) => yearOf(phase.getFirstProperty('dtstart')) >= zoneYearMin)
  );
}

function yearOf(property: Property | null): number {
  return Number(/:(\d{4})/.exec(property?.toICALString() ?? '')?.[1] ?? 0);
}

/** The description of a zone. */
function zoneOf(calendar: Component, tzid: string): Component | undefined {
  return calendar.getAllSubcomponents('vtimezone').find((each) => each.getFirstPropertyValue('tzid') === tzid);
}

/** The clocks of a zone as they are set now; undefined if MAPI has no words for its rules. */
export function zoneRuleOf(calendar: Component, tzid: string): ZoneRule | undefined {
  const zone = zoneOf(calendar, tzid);
  if (zone === undefined || !isPlainZone(calendar, tzid)) return undefined;
  const standard = latest(zone.getAllSubcomponents('standard'));
  const daylight = latest(zone.getAllSubcomponents('daylight'));
  const standardTo = offsetOf(standard ?? daylight);
  if (standardTo === undefined) return undefined;
  const never = { bias: -standardTo, standardBias: 0, daylightBias: -60, toStandard: undefined, toDaylight: undefined };
  const daylightTo = offsetOf(daylight);
  const isChanged = daylight?.getFirstProperty('rrule') && standard?.getFirstProperty('rrule');
  if (standard === undefined || daylight === undefined || daylightTo === undefined || !isChanged) return never;
  const [toStandard, toDaylight] = [changeOf(standard), changeOf(daylight)];
  if (toStandard === undefined || toDaylight === undefined) return undefined;
  return { ...never, daylightBias: standardTo - daylightTo, toStandard, toDaylight };
}

/** The phase that began last: it is still in force. */
function latest(phases: readonly Component[]): Component | undefined {
  const begin = (phase: Component): string =>
    /:(\d{8})/.exec(phase.getFirstProperty('dtstart')?.toICALString() ?? '')?.[1] ?? '';
  return [...phases].sort((a, b) => (begin(a) < begin(b) ? -1 : 1)).at(-1);
}

/** Minutes east of Greenwich. */
function offsetOf(phase: Component | undefined): number | undefined {
  const text = phase?.getFirstProperty('tzoffsetto')?.toICALString() ?? '';
  const [, sign, hours, minutes] = /:([+-])(\d\d):?(\d\d)/.exec(text) ?? [];
  return sign === undefined ? undefined : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** When a phase begins each year. */
function changeOf(phase: Component): ZoneChange | undefined {
  const rule = phase.getFirstProperty('rrule')?.toICALString() ?? '';
  const start = phase.getFirstPropertyValue('dtstart');
  const [, number, dayName] = /BYDAY=([+-]?\d)?(SU|MO|TU|WE|TH|FR|SA)(?:;|$)/i.exec(rule) ?? [];
  if (!(start instanceof ICAL.Time) || dayName === undefined) return undefined;
  const firstDate = Number(/BYMONTHDAY=(\d+)/i.exec(rule)?.[1] ?? 0);
  const month = Number(/BYMONTH=(\d+)/i.exec(rule)?.[1] ?? start.month);
  // the first Sunday from the 8th on is the second one
  const nth = number === undefined ? Math.ceil(firstDate / 7) : Number(number);
  const dayOfWeek = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'].indexOf(dayName.toUpperCase());
  if (nth < -1 || nth === 0 || nth > 5 || month < 1 || month > 12) return undefined;
  return { month, dayOfWeek, nth: nth === -1 ? 5 : nth, hour: start.hour, minute: start.minute };
}
