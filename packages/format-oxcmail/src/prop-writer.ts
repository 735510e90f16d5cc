/** Writes properties of any size by the contract alone: small ones with `setProps`, large ones through a stream. */
import { concatBytes } from '@nodemapi/base';
import { type IMAPIProp, type IStream, type PropTag, type PropValue, prop, STREAM_CHUNK_BYTES } from '@nodemapi/mapi';
import type { OxcmailDiagnostic } from './diagnostic.ts';

/** Larger values go through a stream. */
export const INLINE_BYTES_MAX = 32_768;

/** Sets properties; what the object computes itself is no problem, anything else becomes a diagnostic. */
export async function applyProps(
  object: IMAPIProp,
  values: readonly PropValue[],
  diagnostics: OxcmailDiagnostic[],
): Promise<void> {
  if (values.length === 0) return;
  for (const { tag, code } of await object.setProps(values as readonly PropValue<never>[])) {
    if (code === 'MAPI_E_COMPUTED') continue;
    diagnostics.push({ code: 'propertyNotSet', detail: `0x${tag.toString(16).padStart(8, '0')}: ${code}`, path: '' });
  }
}

/** A binary property that is written piece by piece; `end` makes it. */
export class BinaryPropWriter {
  readonly #object: IMAPIProp;
  readonly #tag: PropTag;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #stream: IStream | undefined;
  #size = 0;

  constructor(object: IMAPIProp, tag: PropTag) {
    this.#object = object;
    this.#tag = tag;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#size += bytes.length;
    this.#held.push(bytes.slice());
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= STREAM_CHUNK_BYTES) await this.#flush();
  }

  /** Makes the property, in a stream if it is large. */
  async end(diagnostics: OxcmailDiagnostic[]): Promise<void> {
    if (this.#stream === undefined && this.#heldBytes <= INLINE_BYTES_MAX && !isText(this.#tag)) {
      await applyProps(this.#object, [prop(this.#tag, concatBytes(this.#held))], diagnostics);
      return;
    }
    await this.#flush();
    await this.#stream?.commit();
    await this.release();
  }

  /** Gives the stream up; what was written without `end` is not part of the object. */
  async release(): Promise<void> {
    await this.#stream?.release();
    this.#stream = undefined;
  }

  async #flush(): Promise<void> {
    this.#stream ??= await this.#object.openProperty(this.#tag, 'IStream', { create: true, modify: true });
    const whole = concatBytes(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    for (let at = 0; at < whole.length; at += STREAM_CHUNK_BYTES) {
      await this.#stream.write(whole.subarray(at, at + STREAM_CHUNK_BYTES));
    }
  }
}

/** A Unicode property that is written piece by piece; a stream of it holds UTF-16LE. */
export class TextPropWriter {
  readonly #object: IMAPIProp;
  readonly #tag: PropTag<string>;
  #held = '';
  #bytes: BinaryPropWriter | undefined;

  constructor(object: IMAPIProp, tag: PropTag<string>) {
    this.#object = object;
    this.#tag = tag;
  }

  async write(text: string): Promise<void> {
    this.#held += text;
    if (this.#held.length * 2 > INLINE_BYTES_MAX) await this.#flush();
  }

  async end(diagnostics: OxcmailDiagnostic[]): Promise<void> {
    if (this.#bytes === undefined) {
      await applyProps(this.#object, [prop(this.#tag, this.#held.replaceAll(/\p{Cs}/gu, '\ufffd'))], diagnostics);
      return;
    }
    await this.#flush();
    await this.#bytes.end(diagnostics);
  }

  async release(): Promise<void> {
    await this.#bytes?.release();
  }

  async #flush(): Promise<void> {
    this.#bytes ??= new BinaryPropWriter(this.#object, this.#tag);
    const text = this.#held;
    this.#held = '';
    await this.#bytes.write(new Uint8Array(Buffer.from(text, 'utf16le')));
  }
}

function isText(propTag: PropTag): boolean {
  return (propTag & 0xffff) === 0x001f;
}
