/** Tells by its bytes how a file travels. spec: attached-files-and-messages */
import { decodeCodePage, utf8Decode } from '@nodemapi/base';
import { EncodingChooser, guessCharset, type TransferEncoding } from '@nodemapi/format-mime';
import { type IAttach, PR_ATTACH_DATA_BIN } from '@nodemapi/mapi';
import { streamChunks } from './stream-chunks.ts';

/** A text with a longer line is written as quoted-printable. */
const TEXT_LINE_MAX = 140;
/** Bytes of a file that names a place; a longer one is none. */
const SHORTCUT_BYTES_MAX = 4096;
const UNKNOWN_TYPE = 'application/octet-stream';

/** A file on an FTP server that anybody may read. RFC 2046 5.2.3.2 */
export interface FtpPlace {
  readonly site: string;
  readonly directory: string;
  readonly name: string;
  /** How it is transferred, where that is said. */
  readonly mode: 'ascii' | 'image' | undefined;
  readonly url: string;
}

export interface ScannedFile {
  readonly contentType?: string;
  readonly charset?: string | undefined;
  readonly encoding?: TransferEncoding;
  readonly ftp?: FtpPlace;
}

interface NamedFile {
  readonly name: string;
  readonly contentType: string;
  readonly charset: string | undefined;
}

/**
 * A file of text, or of no known type, with few bytes above 0x7F travels as text, anything else as base64. What would not
 * come out of it byte for byte, as single LF do not, is none of a text.
 */
export async function scanFile(attach: IAttach, { name, contentType, charset }: NamedFile): Promise<ScannedFile> {
  const chooser = new EncodingChooser();
  let head: Uint8Array | undefined;
  let size = 0;
  await using stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
  for await (const bytes of streamChunks(stream)) {
    head ??= bytes.slice();
    size += bytes.length;
    chooser.write(bytes);
  }
  const ftp =
    /\.url$/i.test(name) && size <= SHORTCUT_BYTES_MAX ? ftpPlace(utf8Decode(head ?? new Uint8Array(0))) : undefined;
  if (ftp !== undefined) return { ftp };
  const mayBeText = contentType.startsWith('text/') || (contentType === UNKNOWN_TYPE && !hasControls(head));
  if (!mayBeText || size === 0 || chooser.binary || chooser.bareLf) return {};
  const guessed = chooser.ascii ? 'us-ascii' : guessCharset(head ?? new Uint8Array(0), true);
  return {
    contentType: contentType === UNKNOWN_TYPE ? 'text/plain' : contentType,
    charset: charset || (guessed === 'windows-1252' ? 'iso-8859-1' : guessed),
    encoding: chooser.choose(TEXT_LINE_MAX),
  };
}

/** Characters that no text has. */
function hasControls(head: Uint8Array | undefined): boolean {
  return head?.some((byte) => byte === 0x7f || (byte < 0x20 && (byte < 0x09 || byte > 0x0d))) ?? false;
}

/** The place that a shortcut names, if nobody has to log on there. */
function ftpPlace(text: string): FtpPlace | undefined {
  const url = /^URL=(ftp:\/\/[^\s]{1,2000})$/im.exec(text)?.[1];
  const found =
    url === undefined ? null : /^ftp:\/\/([A-Za-z0-9.-]+)\/((?:[^/?#]+\/)*)([^/?#;]+)(?:;type=([aid]))?$/i.exec(url);
  if (url === undefined || found === null) return undefined;
  const [, site = '', directory = '', name = '', type] = found;
  const mode = type === undefined ? undefined : type.toLowerCase() === 'a' ? 'ascii' : 'image';
  return { site, directory: percentDecoded(directory.replace(/\/$/, '')), name: percentDecoded(name), mode, url };
}

/** As it is, where that is no encoding of text. */
function percentDecoded(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (codes) => {
    const decoded = decodeCodePage(Buffer.from(codes.replaceAll('%', ''), 'hex'), 'utf-8');
    return decoded.lossy === true || /\p{Cc}/u.test(decoded.text) ? codes : decoded.text;
  });
}
