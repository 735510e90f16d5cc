import { ByteWriter, concatBytes } from '@nodemapi/base';
import { attributeChecksum, TNEF_SIGNATURE } from './tnef-attributes.ts';

/** One attribute as bytes, composed from the syntax alone. */
export function attribute(level: number, id: number, data: Uint8Array, checksum = attributeChecksum(data)): Uint8Array {
  return new ByteWriter().u8(level).u32(id).u32(data.length).bytes(data).u16(checksum).toBytes();
}

/** A stream of attributes. */
export function stream(attributes: readonly Uint8Array[], key = 7): Uint8Array {
  return concatBytes([new ByteWriter().u32(TNEF_SIGNATURE).u16(key).toBytes(), ...attributes]);
}

/** Bytes of a text with its zero, one per character. */
export function ansi(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(`${text}\0`, 'latin1'));
}

/** Bytes of 16-bit numbers. */
export function words(...values: readonly number[]): Uint8Array {
  const writer = new ByteWriter();
  for (const value of values) writer.u16(value);
  return writer.toBytes();
}

/** Bytes of 32-bit numbers and of pieces between them. */
export function longs(...values: readonly (number | Uint8Array)[]): Uint8Array {
  const writer = new ByteWriter();
  for (const value of values) typeof value === 'number' ? writer.u32(value) : writer.bytes(value);
  return writer.toBytes();
}
