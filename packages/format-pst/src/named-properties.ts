/** The names behind the property identifiers from 0x8000 on, one map per file. [MS-PST] 2.4.7 */
import { type Guid, guidFromBytes, struct, u16, u32 } from '@nodemapi/base';
import { type MapiNameId, NAMED_ID_MIN, PS_MAPI, PS_PUBLIC_STRINGS } from '@nodemapi/mapi';
import { type Diagnostics, PstDamage } from './diagnostic.ts';
import { namedPropertiesMax } from './limits.ts';
import type { PstNode } from './node.ts';
import { PropertyContext } from './property-context.ts';
import { utf16Text } from './value.ts';

export const NAMEID = struct('NAMEID', 8, { dwPropertyID: u32, wGuid: u16, wPropIdx: u16 });

/** Properties of the map's own object: the streams of sets, entries and names. */
export const NAME_MAP_IDS = {
  bucketCount: 0x0001,
  guids: 0x0002,
  entries: 0x0003,
  strings: 0x0004,
  buckets: 0x1000,
} as const;

/** wGuid: 1 is PS_MAPI, 2 is PS_PUBLIC_STRINGS, from 3 on it counts the sets of the stream. */
export const NAMED_SET_FIRST = 3;

const NO_SET = '00000000-0000-0000-0000-000000000000' as Guid;

/** Reads the map; what is damaged in it is reported and left out. */
export async function readNamedProperties(
  node: PstNode,
  diagnostics: Diagnostics,
): Promise<ReadonlyMap<number, MapiNameId>> {
  const names = new Map<number, MapiNameId>();
  try {
    const context = await PropertyContext.open(node);
    const [guids, entries, strings] = [
      await stream(context, NAME_MAP_IDS.guids),
      await stream(context, NAME_MAP_IDS.entries),
      await stream(context, NAME_MAP_IDS.strings),
    ];
    const count = Math.min(Math.floor(entries.length / NAMEID.size), namedPropertiesMax);
    for (let index = 0; index < count; index++) {
      try {
        const { dwPropertyID, wGuid, wPropIdx } = NAMEID.decode(entries, index * NAMEID.size);
        const guid = setOf(wGuid >>> 1, guids);
        const isText = (wGuid & 1) !== 0;
        names.set(
          NAMED_ID_MIN + wPropIdx,
          isText ? { guid, name: nameAt(strings, dwPropertyID) } : { guid, id: dwPropertyID },
        );
      } catch (error) {
        diagnostics.caught('badNamedProperty', `named property ${index}`, error);
      }
    }
  } catch (error) {
    diagnostics.caught('badNamedProperty', 'the map of named properties', error);
  }
  return names;
}

async function stream(context: PropertyContext, id: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of context.chunks(id)) parts.push(part);
  return Buffer.concat(parts);
}

function setOf(index: number, guids: Uint8Array): Guid {
  if (index === 0) return NO_SET;
  if (index === 1) return PS_MAPI;
  if (index === 2) return PS_PUBLIC_STRINGS;
  const at = (index - NAMED_SET_FIRST) * 16;
  if (at + 16 > guids.length) throw new PstDamage(`property set ${index} of ${guids.length / 16}`);
  return guidFromBytes(guids, at);
}

function nameAt(strings: Uint8Array, at: number): string {
  const length =
    at + 4 <= strings.length
      ? new DataView(strings.buffer, strings.byteOffset).getUint32(at, true)
      : Number.POSITIVE_INFINITY;
  if (at + 4 + length > strings.length) throw new PstDamage(`a name at ${at} of ${strings.length} bytes`);
  return utf16Text(strings.subarray(at + 4, at + 4 + length));
}
