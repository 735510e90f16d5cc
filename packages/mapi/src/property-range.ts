/** What the identifier of a property says about it. spec: property-identifier-ranges */
import { type PropTag, propId } from './prop-tag.ts';

/** What kind of property an identifier is of. */
export type PropertyRange =
  | 'envelope'
  | 'recipient'
  | 'messageNontransmittable'
  | 'content'
  | 'object'
  | 'transportEnvelope'
  | 'recipientByProvider'
  | 'clientNontransmittable'
  | 'providerNontransmittable'
  | 'classContent'
  | 'classNontransmittable'
  | 'named';

/** What object a property from 0x3000 to 0x3FFF is of. */
export type ObjectRange =
  | 'common'
  | 'store'
  | 'container'
  | 'attachment'
  | 'addressBook'
  | 'mailUser'
  | 'distList'
  | 'profile'
  | 'status';

type Ranges<T> = readonly { readonly first: number; readonly last: number; readonly name: T }[];

/** Every range, in the order of its identifiers; what belongs to none is reserved. */
export const PROPERTY_RANGES: Ranges<PropertyRange> = [
  { first: 0x0001, last: 0x0bff, name: 'envelope' },
  { first: 0x0c00, last: 0x0dff, name: 'recipient' },
  { first: 0x0e00, last: 0x0fff, name: 'messageNontransmittable' },
  { first: 0x1000, last: 0x2fff, name: 'content' },
  { first: 0x3000, last: 0x3fff, name: 'object' },
  { first: 0x4000, last: 0x57ff, name: 'transportEnvelope' },
  { first: 0x5800, last: 0x5fff, name: 'recipientByProvider' },
  { first: 0x6000, last: 0x65ff, name: 'clientNontransmittable' },
  { first: 0x6600, last: 0x67ff, name: 'providerNontransmittable' },
  { first: 0x6800, last: 0x7bff, name: 'classContent' },
  { first: 0x7c00, last: 0x7fff, name: 'classNontransmittable' },
  { first: 0x8000, last: 0xfffe, name: 'named' },
];

const OBJECT_RANGES: Ranges<ObjectRange> = [
  { first: 0x3000, last: 0x33ff, name: 'common' },
  { first: 0x3400, last: 0x35ff, name: 'store' },
  { first: 0x3600, last: 0x36ff, name: 'container' },
  { first: 0x3700, last: 0x38ff, name: 'attachment' },
  { first: 0x3900, last: 0x39ff, name: 'addressBook' },
  { first: 0x3a00, last: 0x3bff, name: 'mailUser' },
  { first: 0x3c00, last: 0x3cff, name: 'distList' },
  { first: 0x3d00, last: 0x3dff, name: 'profile' },
  { first: 0x3e00, last: 0x3fff, name: 'status' },
];

/** Ranges whose properties stay where they are when their message travels. */
const STAYING: ReadonlySet<PropertyRange> = new Set([
  'messageNontransmittable',
  'clientNontransmittable',
  'providerNontransmittable',
  'classNontransmittable',
]);

/** The range that a property belongs to; undefined for an identifier that names none. */
export function propertyRange(propTag: PropTag): PropertyRange | undefined {
  return find(PROPERTY_RANGES, propTag);
}

/** The object that a property of the range 'object' is of; undefined for any other property. */
export function objectRange(propTag: PropTag): ObjectRange | undefined {
  return find(OBJECT_RANGES, propTag);
}

/** FIsTransmittable: whether a property travels with a message. */
export function isTransmittable(propTag: PropTag): boolean {
  const range = propertyRange(propTag);
  return range !== undefined && !STAYING.has(range);
}

function find<T>(ranges: Ranges<T>, propTag: PropTag): T | undefined {
  const id = propId(propTag);
  return ranges.find(({ first, last }) => first <= id && id <= last)?.name;
}
