/** What single properties of an event say. RFC 5545 3.8 */
import ICAL, { type Component } from 'ical.js';

const BUSY: Readonly<Record<string, number>> = { FREE: 0, TENTATIVE: 1, BUSY: 2, OOF: 3 };

/** PidLidBusyStatus */
export function busyStatusOf(event: Component): number {
  const said = textIn(event, 'x-microsoft-cdo-busystatus')?.toUpperCase() ?? '';
  return BUSY[said] ?? (textIn(event, 'transp')?.toUpperCase() === 'TRANSPARENT' ? 0 : 2);
}

/** Minutes before the start; undefined without a reminder. */
export function reminderOf(event: Component): number | undefined {
  const trigger = event.getFirstSubcomponent('valarm')?.getFirstPropertyValue('trigger');
  return trigger instanceof ICAL.Duration ? Math.max(0, Math.round(-trigger.toSeconds() / 60)) : undefined;
}

/** Whether a time is a day. */
export function isDate(value: unknown): boolean {
  return value instanceof ICAL.Time && value.isDate;
}

export function textIn(component: Component, name: string): string | undefined {
  const value = component.getFirstPropertyValue(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberIn(component: Component, name: string): number | undefined {
  const value = Number(component.getFirstPropertyValue(name) ?? Number.NaN);
  return Number.isInteger(value) && value >= 0 && value < 2 ** 31 ? value : undefined;
}
