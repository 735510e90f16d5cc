/** PR_CONVERSATION_INDEX: where a message stands in its conversation. spec: tracking-conversations, sccreateconversationindex */
import type { Clock, FileTime, Random } from '@nodemapi/base';
import { ByteWriter, MapiError } from '@nodemapi/base';

const HEADER_BYTES = 22;
const CHILD_BYTES = 5;
/** The header keeps the upper six bytes of a time, whose first is 1. */
const TIME_SHIFT = 16n;
/** A difference up to here is kept in units of 2^18 ticks, a longer one in 2^23. */
const NEAR_SHIFT = 18n;
const FAR_SHIFT = 23n;
const DIFFERENCE_BITS = 31;

/**
 * MAPI: ScCreateConversationIndex. The index of a new conversation, or of an answer to the message with `parent`.
 *
 * ```
 * header | 1 | 5 bytes of the time | GUID |          answer | scale 1 bit, difference 31 bits | 4 random bits, sequence 4 bits |
 * ```
 *
 * @param parent null, or of no byte, for the first message of a conversation
 * @throws MAPI_E_INVALID_PARAMETER for a parent that is cut off
 * @see spec: sccreateconversationindex
 */
export function scCreateConversationIndex(
  parent: Uint8Array | null,
  { clock, random }: { readonly clock: Pick<Clock, 'now'>; readonly random: Random },
): Uint8Array {
  const now = clock.now();
  if (parent === null || parent.length === 0) return header(now, random);
  if (parent.length < HEADER_BYTES || (parent.length - HEADER_BYTES) % CHILD_BYTES !== 0)
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `a conversation index of ${parent.length} bytes`);
  return new ByteWriter()
    .bytes(parent)
    .bytes(child(now, timeOf(parent), random))
    .toBytes();
}

/** How deep a message stands in its conversation; 0 for the first one. spec: tracking-conversations */
export function conversationDepth(index: Uint8Array): number {
  return Math.max(0, Math.trunc((index.length - HEADER_BYTES) / CHILD_BYTES));
}

function header(now: FileTime, random: Random): Uint8Array {
  const time = now >> TIME_SHIFT;
  const result = new Uint8Array(HEADER_BYTES);
  result[0] = 1;
  for (let at = 5; at >= 1; at--) result[at] = Number((time >> BigInt((5 - at) * 8)) & 0xffn);
  result.set(random.bytes(16), 6);
  return result;
}

/** The time in a header, whose lower bits were dropped. */
function timeOf(index: Uint8Array): FileTime {
  let time = 1n;
  for (let at = 1; at <= 5; at++) time = (time << 8n) | BigInt(index[at] as number);
  return time << TIME_SHIFT;
}

function child(now: FileTime, start: FileTime, random: Random): Uint8Array {
  const difference = now > start ? now - start : 0n;
  const near = difference >> NEAR_SHIFT;
  const isFar = near >> BigInt(DIFFERENCE_BITS) !== 0n;
  const units = BigInt.asUintN(DIFFERENCE_BITS, isFar ? difference >> FAR_SHIFT : near);
  const word = Number(units) + (isFar ? 0x8000_0000 : 0);
  const [chance = 0] = random.bytes(1);
  return Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word, chance & 0xf0);
}
