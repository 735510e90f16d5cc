/** Writes PR_HTML as it came, with the code page that makes it readable, and collects the inline parts it names. */
import { charsetToCodePage, concatBytes } from '@nodemapi/base';
import { BodyTextDecoder, guessCharset, usableCharset } from '@nodemapi/format-mime';
import { type IMessage, PR_HTML, PR_INTERNET_CPID, prop } from '@nodemapi/mapi';
import type { OxcmailDiagnostic } from './diagnostic.ts';
import { applyProps, BinaryPropWriter } from './prop-writer.ts';

const CP_UTF8 = 65001;
/** Bytes at the start that are looked at for the charset. */
const HEAD_BYTES_MAX = 65_536;
/** Inline parts that one body can name. */
const REFERENCES_MAX = 10_000;
const REFERENCE_CHARS_MAX = 1000;

export class HtmlBodyWriter {
  readonly #message: IMessage;
  readonly #bytes: BinaryPropWriter;
  readonly #charset: string | undefined;
  /** Set where the charset has no code page: the body is then kept as UTF-8. */
  readonly #recoder: BodyTextDecoder | undefined;
  readonly #references: Set<string>;
  #head: Uint8Array[] = [];
  #headBytes = 0;
  #tail = '';

  /** @param references receives the Content-IDs that the body names */
  constructor(message: IMessage, charset: string | undefined, references: Set<string>) {
    this.#message = message;
    this.#bytes = new BinaryPropWriter(message, PR_HTML);
    this.#charset = usableCharset(charset);
    this.#references = references;
    const known = this.#charset !== undefined && charsetToCodePage(this.#charset) === undefined;
    if (known) this.#recoder = new BodyTextDecoder(this.#charset);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#findReferences(bytes);
    if (this.#recoder !== undefined) {
      await this.#bytes.write(new Uint8Array(Buffer.from(this.#recoder.write(bytes), 'utf8')));
      return;
    }
    if (this.#charset === undefined && this.#headBytes < HEAD_BYTES_MAX) {
      this.#head.push(bytes.slice());
      this.#headBytes += bytes.length;
    }
    await this.#bytes.write(bytes);
  }

  async end(diagnostics: OxcmailDiagnostic[]): Promise<void> {
    if (this.#recoder !== undefined) {
      await this.#bytes.write(new Uint8Array(Buffer.from(this.#recoder.end(), 'utf8')));
    }
    await this.#bytes.end(diagnostics);
    await applyProps(this.#message, [prop(PR_INTERNET_CPID, this.#codePage())], diagnostics);
  }

  async release(): Promise<void> {
    await this.#bytes.release();
  }

  #codePage(): number {
    if (this.#recoder !== undefined) return CP_UTF8;
    if (this.#charset !== undefined) return charsetToCodePage(this.#charset) ?? CP_UTF8;
    const head = concatBytes(this.#head);
    const meta = /<meta[^>]{1,200}charset\s*=\s*["']?([\w:.-]{1,40})/i.exec(Buffer.from(head).toString('latin1'))?.[1];
    return (
      charsetToCodePage(meta ?? '') ??
      charsetToCodePage(guessCharset(head, this.#headBytes >= HEAD_BYTES_MAX)) ??
      CP_UTF8
    );
  }

  #findReferences(bytes: Uint8Array): void {
    const text = this.#tail + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    for (const match of text.matchAll(/cid:([^"'()<>\s]{1,1000})/gi)) {
      if (this.#references.size >= REFERENCES_MAX) break;
      this.#references.add(contentIdOfUrl(match[1] ?? ''));
    }
    this.#tail = text.slice(-REFERENCE_CHARS_MAX);
  }
}

function contentIdOfUrl(url: string): string {
  const plain = url.replaceAll('&amp;', '&');
  return plain.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
