/**
 * Reads a TNEF stream into plain values. [MS-OXTNEF] 3
 *
 * - Bytes are shared with the stream, not copied; strings are made once.
 * - What the block of MAPI properties says goes before the attributes that said it before MAPI.
 * - A damaged stream yields what can be read, with diagnostics; `strict` throws instead.
 */
import { ByteReader, MapiError } from '@nodemapi/base';
import { nameKey, PR_ATTACH_DATA_BIN, PR_ATTACH_DATA_OBJ, propId } from '@nodemapi/mapi';
import { ATTACHMENT_READERS, type AttributeReader, MESSAGE_READERS } from './attribute-readers.ts';
import { type Report, readTnefKey, type TnefAttribute, tnefAttributes } from './attribute-scanner.ts';
import { readRendData } from './attribute-values.ts';
import type { TnefDiagnostic } from './diagnostic.ts';
import { readPropBlock } from './prop-block.ts';
import { type TextCodec, textCodec, USUAL_CODE_PAGE } from './text-codec.ts';
import { ATTRIBUTES, attributeName, LVL_ATTACHMENT, TNEF_VERSION } from './tnef-attributes.ts';
import {
  IID_IMessage,
  type RendData,
  type TnefAttachment,
  type TnefContent,
  type TnefMessage,
  type TnefObject,
  type TnefProp,
} from './tnef-message.ts';

export interface TnefReadOptions {
  /** Throws where a diagnostic would be given. */
  readonly strict?: boolean;
  /** Messages in each other; a deeper one stays the bytes of its attachment. */
  readonly nestingDepthMax?: number;
  /** Code page of strings in a stream that names none; windows-1252 if omitted. */
  readonly codePage?: number;
}

const nestingDepthMax = 32;
const diagnosticsMax = 1000;

/**
 * Reads a TNEF stream.
 *
 * @throws MAPI_E_CORRUPT_DATA if it is none; with `strict` for any damage
 */
export function readTnef(bytes: Uint8Array, options: TnefReadOptions = {}): TnefContent {
  const diagnostics: TnefDiagnostic[] = [];
  const report: Report = (code, detail, offset) => {
    if (options.strict === true) throw new MapiError('MAPI_E_CORRUPT_DATA', `TNEF at ${offset}: ${detail}`);
    if (diagnostics.length < diagnosticsMax) diagnostics.push({ code, detail, offset });
  };
  const depthMax = options.nestingDepthMax ?? nestingDepthMax;
  const message = new StreamReader(bytes, report, options.codePage ?? USUAL_CODE_PAGE, depthMax).read();
  return { ...message, diagnostics };
}

/**
 * GetTnefStreamCodepage: code pages that attOemCodepage names.
 *
 * @returns 437 and 0 if the stream has no such attribute
 * @throws MAPI_E_CORRUPT_DATA if that is no TNEF stream
 * @see spec: gettnefstreamcodepage
 */
export function getTnefStreamCodepage(bytes: Uint8Array): { readonly codePage: number; readonly subCodePage: number } {
  for (const { id, data } of tnefAttributes(bytes, () => {})) {
    if (id !== ATTRIBUTES.attOemCodepage || data.length < 4) continue;
    const reader = new ByteReader(data);
    return { codePage: reader.u32(), subCodePage: reader.remaining < 4 ? 0 : reader.u32() };
  }
  return { codePage: 437, subCodePage: 0 };
}

/** Attachments of one message; more than any sender means. */
const attachmentsMax = 5000;

/** An attachment while its attributes come. */
interface Draft {
  rendData?: RendData;
  readonly legacy: TnefProp[];
  readonly props: TnefProp[];
  message?: TnefMessage;
}

class StreamReader {
  readonly #bytes: Uint8Array;
  readonly #report: Report;
  readonly #depthLeft: number;
  readonly #usualCodePage: number;
  #codec: TextCodec;
  readonly #legacy: TnefProp[] = [];
  readonly #props: TnefProp[] = [];
  #recipients: TnefProp[][] | undefined;
  readonly #attachments: TnefAttachment[] = [];
  #draft: Draft | undefined;
  /** The rest of the attachments is passed over. */
  #isFull = false;

  constructor(bytes: Uint8Array, report: Report, codePage: number, depthLeft: number) {
    this.#bytes = bytes;
    this.#report = report;
    this.#depthLeft = depthLeft;
    this.#usualCodePage = codePage;
    this.#codec = textCodec(codePage, () => {});
  }

  read(): TnefMessage {
    const key = readTnefKey(this.#bytes);
    if (key === 0) this.#report('noKey', 'the key is 0', 4);
    this.#codec = this.#declaredCodec();
    for (const attribute of tnefAttributes(this.#bytes, this.#report)) this.#attempt(attribute);
    this.#endAttachment();
    return {
      key,
      codePage: this.#codec.codePage,
      props: merged(this.#props, this.#legacy),
      recipients: this.#recipients,
      attachments: this.#attachments,
    };
  }

  /** The code page may be named behind strings that are in it. */
  #declaredCodec(): TextCodec {
    for (const { id, data, offset } of tnefAttributes(this.#bytes, () => {})) {
      if (id !== ATTRIBUTES.attOemCodepage || data.length < 4) continue;
      const codePage = new ByteReader(data).u32();
      return textCodec(codePage, (detail) => this.#report('unknownCodePage', detail, offset));
    }
    return textCodec(this.#usualCodePage, (detail) => this.#report('unknownCodePage', detail, 0));
  }

  /** What is wrong within one attribute does not touch the others. */
  #attempt(attribute: TnefAttribute): void {
    try {
      if (attribute.level === LVL_ATTACHMENT) this.#takeAttachment(attribute);
      else this.#takeMessage(attribute);
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) throw error;
      this.#report('badAttribute', `${attributeName(attribute.id)}: ${error.detail}`, attribute.offset);
    }
  }

  #takeMessage(attribute: TnefAttribute): void {
    const { id, data, offset } = attribute;
    if (id === ATTRIBUTES.attMAPIProps) for (const each of this.#block(attribute)) this.#props.push(each);
    else if (id === ATTRIBUTES.attRecipTable) this.#readRecipients(attribute);
    else if (id === ATTRIBUTES.attTnefVersion) this.#checkVersion(data, offset);
    else if (id !== ATTRIBUTES.attOemCodepage) this.#readLegacy(MESSAGE_READERS, attribute, this.#legacy);
  }

  #takeAttachment(attribute: TnefAttribute): void {
    const { id, data } = attribute;
    if (this.#isFull) return;
    if (id === ATTRIBUTES.attAttachRenddata) {
      this.#endAttachment();
      if (this.#attachments.length >= attachmentsMax) {
        this.#isFull = true;
        this.#report('tooMany', `a message has more than ${attachmentsMax} attachments`, attribute.offset);
        return;
      }
      this.#draft = { legacy: [], props: [] };
      this.#draft.rendData = readRendData(data);
      return;
    }
    if (this.#draft === undefined) {
      this.#report('misplaced', `${attributeName(id)} stands before attAttachRenddata`, attribute.offset);
      this.#draft = { legacy: [], props: [] };
    }
    if (id === ATTRIBUTES.attAttachment) this.#readAttachmentProps(this.#draft, attribute);
    else this.#readLegacy(ATTACHMENT_READERS, attribute, this.#draft.legacy);
  }

  #readLegacy(readers: ReadonlyMap<number, AttributeReader>, attribute: TnefAttribute, into: TnefProp[]): void {
    const read = readers.get(attribute.id);
    if (read !== undefined) into.push(...read(attribute.data, this.#codec));
    else this.#report('unknownAttribute', `${attributeName(attribute.id)} has no meaning here`, attribute.offset);
  }

  #readAttachmentProps(draft: Draft, attribute: TnefAttribute): void {
    for (const each of this.#block(attribute)) {
      const message = each.tag === PR_ATTACH_DATA_OBJ ? this.#embedded(each.value as TnefObject) : undefined;
      if (message === undefined) draft.props.push(each);
      else draft.message = message;
    }
  }

  #embedded({ iid, bytes }: TnefObject): TnefMessage | undefined {
    if (iid !== IID_IMessage) return undefined;
    const base = bytes.byteOffset - this.#bytes.byteOffset;
    if (this.#depthLeft <= 1) {
      this.#report('nestedTooDeep', 'an embedded message stays bytes', base);
      return undefined;
    }
    const report: Report = (code, detail, offset) => this.#report(code, detail, base + offset);
    try {
      return new StreamReader(bytes, report, this.#codec.codePage, this.#depthLeft - 1).read();
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) throw error;
      this.#report('badAttribute', `an embedded message: ${error.detail}`, base);
      return undefined;
    }
  }

  #readRecipients({ data, offset }: TnefAttribute): void {
    const reader = new ByteReader(data, 'attRecipTable');
    const rows = reader.u32();
    this.#recipients ??= [];
    for (let row = 0; row < rows; row++) {
      const { props, error } = readPropBlock(reader, this.#codec);
      if (props.length > 0) this.#recipients.push(props);
      if (error === undefined) continue;
      this.#report('badProperty', `attRecipTable, row ${row} of ${rows}: ${error.detail}`, offset + reader.offset);
      return;
    }
  }

  #block({ id, data, offset }: TnefAttribute): readonly TnefProp[] {
    const reader = new ByteReader(data, attributeName(id));
    const { props, error } = readPropBlock(reader, this.#codec);
    if (error !== undefined)
      this.#report('badProperty', `${attributeName(id)}: ${error.detail}`, offset + reader.offset);
    return props;
  }

  #checkVersion(data: Uint8Array, offset: number): void {
    const version = new ByteReader(data, 'attTnefVersion').u32();
    if (version !== TNEF_VERSION) this.#report('unknownVersion', `version 0x${version.toString(16)}`, offset);
  }

  #endAttachment(): void {
    const draft = this.#draft;
    this.#draft = undefined;
    if (draft === undefined) return;
    const { rendData, message } = draft;
    this.#attachments.push({
      ...(rendData === undefined ? {} : { rendData }),
      props: withoutSecondData(merged(draft.props, draft.legacy), message !== undefined),
      ...(message === undefined ? {} : { message }),
    });
  }
}

/** The properties, each once, and those from attributes that are not among them, whatever their type. */
function merged(props: readonly TnefProp[], legacy: readonly TnefProp[]): readonly TnefProp[] {
  const last = new Map<string, TnefProp>();
  for (const each of props) last.set(keyOf(each), each);
  const ids = new Set([...last.values()].filter(({ name }) => name === undefined).map(({ tag }) => propId(tag)));
  for (const each of legacy) {
    const isThere = each.tag === PR_ATTACH_DATA_BIN ? last.has(keyOf(each)) : ids.has(propId(each.tag));
    if (!isThere) last.set(keyOf(each), each);
  }
  return [...last.values()];
}

/** Equal for the same property; one of a name may have any identifier. */
function keyOf({ tag, name }: TnefProp): string {
  return name === undefined ? String(tag) : nameKey(name);
}

/**
 * An object's content comes twice: as what it is among the properties, and in attAttachData as a file for readers that
 * know no objects. The second is left out for messages, whose file is a placeholder.
 */
function withoutSecondData(props: readonly TnefProp[], isMessage: boolean): readonly TnefProp[] {
  const hasObject = props.some(({ tag }) => tag === PR_ATTACH_DATA_OBJ);
  return isMessage || hasObject ? props.filter(({ tag }) => tag !== PR_ATTACH_DATA_BIN) : props;
}
