/** Gives identifiers to named properties and writes their map. [MS-PST] 2.4.7 */
import { concatBytes, type Guid, guidToBytes, MapiError } from '@nodemapi/base';
import {
  type MapiNameId,
  NAMED_ID_MIN,
  nameKey,
  type PropValue,
  PS_MAPI,
  PS_PUBLIC_STRINGS,
  PT_BINARY,
  PT_LONG,
  prop,
  tag,
} from '@nodemapi/mapi';
import { pstCrc } from './checksum.ts';
import { namedPropertiesMax } from './limits.ts';
import { NAME_MAP_IDS, NAMED_SET_FIRST, NAMEID } from './named-properties.ts';
import { utf16Bytes } from './value-writer.ts';

/** As Outlook makes it. */
const bucketCount = 251;

export class NamesWriter {
  readonly #ids = new Map<string, number>();
  readonly #names: MapiNameId[] = [];

  /** The identifier of a name, given at its first use. @throws MAPI_E_TOO_BIG when none is left */
  idOf(name: MapiNameId): number {
    const key = nameKey(name);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.#names.length >= namedPropertiesMax)
      throw new MapiError('MAPI_E_TOO_BIG', 'a PST has no more named properties');
    const id = NAMED_ID_MIN + this.#names.length;
    this.#names.push(name);
    this.#ids.set(key, id);
    return id;
  }

  /** The properties of the map. */
  values(): readonly PropValue[] {
    const sets: Guid[] = [];
    const entries: Uint8Array[] = [];
    const strings: Uint8Array[] = [];
    const buckets = new Map<number, Uint8Array[]>();
    let stringsAt = 0;
    this.#names.forEach((name, wPropIdx) => {
      const isText = name.name !== undefined;
      const wGuid = (setIndex(sets, name.guid) << 1) | (isText ? 1 : 0);
      const text = isText ? utf16Bytes(name.name) : new Uint8Array(0);
      entries.push(NAMEID.encode({ dwPropertyID: isText ? stringsAt : name.id, wGuid, wPropIdx }));
      const hash = isText ? pstCrc(text) : name.id;
      const bucket = ((hash ^ wGuid) >>> 0) % bucketCount;
      const inBucket = buckets.get(bucket) ?? [];
      inBucket.push(NAMEID.encode({ dwPropertyID: hash, wGuid, wPropIdx }));
      buckets.set(bucket, inBucket);
      if (!isText) return;
      const padded = new Uint8Array(4 + Math.ceil(text.length / 4) * 4);
      new DataView(padded.buffer).setUint32(0, text.length, true);
      padded.set(text, 4);
      strings.push(padded);
      stringsAt += padded.length;
    });
    return [
      prop(tag(NAME_MAP_IDS.bucketCount, PT_LONG), bucketCount),
      prop(tag(NAME_MAP_IDS.guids, PT_BINARY), concatBytes(sets.map(guidToBytes))),
      prop(tag(NAME_MAP_IDS.entries, PT_BINARY), concatBytes(entries)),
      prop(tag(NAME_MAP_IDS.strings, PT_BINARY), concatBytes(strings)),
      ...[...buckets].map(([bucket, all]) => prop(tag(NAME_MAP_IDS.buckets + bucket, PT_BINARY), concatBytes(all))),
    ];
  }
}

function setIndex(sets: Guid[], guid: Guid): number {
  if (guid === PS_MAPI) return 1;
  if (guid === PS_PUBLIC_STRINGS) return 2;
  const at = sets.indexOf(guid);
  return NAMED_SET_FIRST + (at >= 0 ? at : sets.push(guid) - 1);
}
