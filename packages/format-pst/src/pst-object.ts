/** What messages, attachments, folders and the store have in common: properties, read when they are asked for. */
import type { RandomAccess } from '@nodemapi/base';
import type { MapiNameId, PropTag, PropValue } from '@nodemapi/mapi';
import { PR_INTERNET_CPID, PR_MESSAGE_CODEPAGE, PT_LONG, propId, propType } from '@nodemapi/mapi';
import type { BlockStore } from './block-store.ts';
import { type Diagnostics, isDamage, type PstProblem } from './diagnostic.ts';
import { valueBytesMax } from './limits.ts';
import type { PstNode } from './node.ts';
import type { LostProperty, PropertyContext } from './property-context.ts';
import { string8Decoder, type TextDecoder8 } from './value.ts';

/** What every object of one file shares. */
export interface PstContext {
  readonly blocks: BlockStore;
  readonly diagnostics: Diagnostics;
  readonly names: ReadonlyMap<number, MapiNameId>;
  /** Code page of strings where the object names none. */
  readonly codePage: number;
  /** PR_RECORD_KEY of the store: the MAPIUID in entry identifiers. */
  readonly recordKey: Uint8Array;
}

const CODE_PAGE_UTF8 = 65001;

export class PstObject {
  readonly nid: number;
  protected readonly context: PstContext;
  protected readonly node: PstNode;
  protected readonly properties: PropertyContext;
  protected readonly text: TextDecoder8;

  protected constructor(context: PstContext, node: PstNode, properties: PropertyContext) {
    this.nid = node.nid;
    this.context = context;
    this.node = node;
    this.properties = properties;
    this.text = textDecoder(context, properties, node.nid);
  }

  /** Tags of all properties; strings of code pages as PT_UNICODE. */
  tags(): readonly PropTag[] {
    return this.properties.tags();
  }

  /** Every value up to `bytesMax`; objects and what is larger are for `chunks`. Damaged ones become diagnostics. */
  values(bytesMax = valueBytesMax): Promise<PropValue[]> {
    return this.properties.values(this.text, (lost) => this.lost('badValue', lost), bytesMax);
  }

  /** One value; undefined if the property is absent or of another type. @throws MAPI_E_CORRUPT_DATA, MAPI_E_TOO_BIG */
  async value<T>(tag: PropTag<T>): Promise<T | undefined> {
    const found = await this.properties.value(propId(tag), this.text);
    return found?.tag === tag ? (found.value as T) : undefined;
  }

  /** Like `value`, but damage is a diagnostic and then the property is absent. */
  async valueOrLost<T>(tag: PropTag<T>): Promise<T | undefined> {
    try {
      return await this.value(tag);
    } catch (error) {
      this.context.diagnostics.caught('badValue', this.describe(propId(tag)), error);
      return undefined;
    }
  }

  /** Like `value`, but damage is a diagnostic besides. */
  async valueTold(tag: PropTag): Promise<unknown> {
    try {
      return await this.value(tag);
    } catch (error) {
      if (isDamage(error)) this.context.diagnostics.caught('badValue', this.describe(propId(tag)), error);
      throw error;
    }
  }

  /** Bytes of a value as the file has it; 0 if it is absent. */
  size(tag: PropTag): Promise<number> {
    return this.properties.size(propId(tag));
  }

  /** Like `size`, but damage is a diagnostic and then there is no size. */
  async sizeOrLost(tag: PropTag): Promise<number | undefined> {
    try {
      return await this.size(tag);
    } catch (error) {
      this.context.diagnostics.caught('badValue', this.describe(propId(tag)), error);
      return undefined;
    }
  }

  /** The bytes of a value as the file has it, in pieces that must not be written to: UTF-16LE for PT_UNICODE. */
  chunks(tag: PropTag): AsyncGenerator<Uint8Array> {
    return this.properties.chunks(propId(tag));
  }

  /** The bytes of a value as the file has it, to be read anywhere. @throws MAPI_E_CORRUPT_DATA if it is absent */
  access(tag: PropTag): Promise<RandomAccess> {
    return this.properties.access(propId(tag));
  }

  /** The type that a property has in the file, which may be PT_STRING8; undefined if it is absent. */
  storedType(tag: PropTag): number | undefined {
    return this.properties.typeOf(propId(tag));
  }

  protected lost(code: PstProblem, { id, error }: LostProperty): void {
    this.context.diagnostics.caught(code, this.describe(id), error);
  }

  protected describe(id: number): string {
    return `property 0x${id.toString(16).padStart(4, '0')} of node 0x${this.nid.toString(16)}`;
  }
}

/** Strings are in PR_MESSAGE_CODEPAGE; older writers only say the code page for the Internet. */
function textDecoder(context: PstContext, properties: PropertyContext, nid: number): TextDecoder8 {
  const own = longOf(properties, PR_MESSAGE_CODEPAGE);
  const internet = longOf(properties, PR_INTERNET_CPID);
  const fallback = internet === CODE_PAGE_UTF8 ? undefined : internet; // it is about MIME; no code page of a system
  const codePage = own ?? fallback ?? context.codePage;
  return string8Decoder(codePage, () =>
    context.diagnostics.add('unknownCodePage', `node 0x${nid.toString(16)} has strings of code page ${codePage}`),
  );
}

function longOf(properties: PropertyContext, tag: PropTag<number>): number | undefined {
  const id = propId(tag);
  const value = properties.typeOf(id) === PT_LONG && propType(tag) === PT_LONG ? properties.number(id) : undefined;
  return value === 0 ? undefined : value;
}
