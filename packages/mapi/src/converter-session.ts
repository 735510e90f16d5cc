/** MAPI: IConverterSession, messages to MIME and back. spec: iconvertersessioniunknown */
import type { IAddrBook } from './addr-book.ts';
import type { IMessage } from './message.ts';
import type { IStream } from './stream.ts';
import type { TnefProblem } from './tnef.ts';
import type { IUnknown } from './unknown.ts';

/** How a body travels: IET_BASE64, IET_UUENCODE, IET_QP, IET_7BIT, IET_8BIT. */
export type MimeEncoding = 'base64' | 'uuencode' | 'qp' | '7bit' | '8bit';

/** SAVE_RFC1521: MIME. SAVE_RFC822: text and uuencode. */
export type MimeSaveFormat = 'rfc1521' | 'rfc822';

/** Options of `mapiToMimeStm`, by flag. spec: iconvertersession-mapitomimestm */
export interface MapiToMimeStmOptions {
  /** CCSF_SMTP: always. */
  readonly smtp: true;
  /** CCSF_NOHEADERS: without the headers of the outermost message. */
  readonly noHeaders?: boolean;
  /** CCSF_USE_TNEF: with a winmail.dat that holds what MIME has no place for. */
  readonly useTnef?: boolean;
  /** CCSF_INCLUDE_BCC */
  readonly includeBcc?: boolean;
  /** CCSF_8BITHEADERS: text in headers as UTF-8. */
  readonly eightBitHeaders?: boolean;
  /** CCSF_USE_RTF: HTML as RTF. */
  readonly useRtf?: boolean;
  /** CCSF_PLAIN_TEXT_ONLY */
  readonly plainTextOnly?: boolean;
  /** CCSF_NO_MSGID */
  readonly noMessageId?: boolean;
  /** CCSF_EMBEDDED_MESSAGE: that a message is unsent stands in X-Unsent. */
  readonly embeddedMessage?: boolean;
  /** CCSF_GLOBAL_MESSAGE: an international message. RFC 6530 */
  readonly globalMessage?: boolean;
}

/** Options of `mimeToMapi`, by flag. spec: iconvertersession-mimetomapi */
export interface MimeStmToMapiOptions {
  /** CCSF_SMTP */
  readonly smtp?: boolean;
  /** CCSF_EMBEDDED_MESSAGE: X-Unsent says whether the message is unsent. */
  readonly embeddedMessage?: boolean;
  /** CCSF_INCLUDE_BCC: blind recipients that the mail names become recipients. */
  readonly includeBcc?: boolean;
  /** CCSF_USE_RTF: HTML becomes RTF that holds it. */
  readonly useRtf?: boolean;
  /** CCSF_GLOBAL_MESSAGE: nothing to be done, international mail is always understood. */
  readonly globalMessage?: boolean;
  /** No flag of MAPI: vCards become contacts that are attached, as a server makes of them. [MS-OXCMAIL] 2.2.3.4.4 */
  readonly contacts?: boolean;
}

export interface IConverterSession extends IUnknown {
  readonly iid: 'IConverterSession';
  /**
   * Sets the address book that finds the mail addresses of recipients who have none; null releases it. Without one no
   * profile is needed.
   *
   * @see spec: iconvertersession-setadrbook
   */
  setAdrBook(addrBook: IAddrBook | null): Promise<void>;
  /**
   * Sets how the outermost body travels from the next `mapiToMimeStm` on, if its text can travel so.
   *
   * @throws MAPI_E_INVALID_PARAMETER (E_INVALIDARG) for any other encoding
   * @see spec: iconvertersession-setencoding
   */
  setEncoding(encoding: MimeEncoding): void;
  /** @throws MAPI_E_INVALID_PARAMETER for any other format @see spec: iconvertersession-setsaveformat */
  setSaveFormat(format: MimeSaveFormat): void;
  /**
   * Wraps plain text at `width` columns, or leaves lines as they are.
   *
   * @throws MAPI_E_INVALID_PARAMETER for a width below 10
   * @see spec: iconvertersession-settextwrapping
   */
  setTextWrapping(wrap: boolean, width: number): void;
  /**
   * Writes bodies in a charset, where it has all of their characters; false or null returns to the usual ones.
   *
   * @throws MAPI_E_UNKNOWN_CPID for a charset that is not known
   * @see spec: iconvertersession-setcharset
   */
  setCharSet(apply: boolean, charset: string | null): void;
  /**
   * Fills a message from the stream, from its position on; the caller saves it.
   *
   * @param sourceServer null
   * @returns what was wrong with the mail
   * @throws MAPI_E_INVALID_PARAMETER (E_INVALIDARG) without stream or message, with a server, or for other options
   * @see spec: iconvertersession-mimetomapi
   */
  mimeToMapi(
    stream: IStream,
    message: IMessage,
    sourceServer: null,
    options?: MimeStmToMapiOptions,
  ): Promise<{ readonly diagnostics: readonly { readonly code: string; readonly detail: string }[] }>;
  /**
   * Writes a message into the stream, from its position on, and commits it. What a mail cannot carry is left out and told.
   *
   * @returns what of the TNEF could not be encoded, and what the mail lacks of the message; `loss` tells content from
   *   properties that mail has no place for
   * @throws MAPI_E_INVALID_PARAMETER (E_INVALIDARG) without message or stream, without `smtp`, or for other options
   * @see spec: iconvertersession-mapitomimestm
   */
  mapiToMimeStm(
    message: IMessage,
    stream: IStream,
    options: MapiToMimeStmOptions,
  ): Promise<{
    readonly problems: readonly TnefProblem[];
    readonly diagnostics: readonly { readonly code: string; readonly detail: string; readonly loss: boolean }[];
  }>;
}
