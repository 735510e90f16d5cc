/** Writes parts as attachments. spec: attached-files-and-messages */
import { concatBytes } from '@nodemapi/base';
import type { MimePart } from '@nodemapi/format-mime';
import {
  ATT_MHTML_REF,
  ATTACH_BY_VALUE,
  ATTACH_EMBEDDED_MSG,
  type IAttach,
  type IMessage,
  PR_ATTACH_CONTENT_ID,
  PR_ATTACH_CONTENT_LOCATION,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_EXTENSION,
  PR_ATTACH_FILENAME,
  PR_ATTACH_FLAGS,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_METHOD,
  PR_ATTACH_MIME_TAG,
  PR_ATTACH_SIZE,
  PR_ATTACHMENT_HIDDEN,
  PR_DISPLAY_NAME,
  PR_RENDERING_POSITION,
  PR_SUBJECT,
  PR_TEXT_ATTACHMENT_CHARSET,
  type PropValue,
  PT_UNICODE,
  prop,
  tag,
} from '@nodemapi/mapi';
import { attachmentName, extensionOf, isMadeUpName, shortName } from './attachment-name.ts';
import type { OxcmailDiagnostic } from './diagnostic.ts';
import type { BodyPieces } from './part-body.ts';
import { applyProps } from './prop-writer.ts';
import { streamChunks } from './stream-chunks.ts';

/** PidTagAttachContentDisposition: 'inline' of a text that stands in the message, not beside it. */
export const PR_ATTACH_DISPOSITION = tag(0x3716, PT_UNICODE);
/** PR_RENDERING_POSITION of what has no place in the text. */
const NO_POSITION = -1;

export class AttachmentWriter {
  readonly #message: IMessage;
  readonly #diagnostics: OxcmailDiagnostic[];
  readonly #references: ReadonlySet<string>;
  #count = 0;

  /** @param references the Content-IDs that the HTML body names, as far as it has been read */
  constructor(message: IMessage, diagnostics: OxcmailDiagnostic[], references: ReadonlySet<string>) {
    this.#message = message;
    this.#diagnostics = diagnostics;
    this.#references = references;
  }

  /**
   * Writes a part as an attached file.
   *
   * @param hasHtml whether there is an HTML body that may refer to it
   * @param more properties that the part itself does not tell
   * @param readAgain gets what was written once more, while the stream is open
   */
  async writeFile(
    part: MimePart,
    body: BodyPieces,
    hasHtml: boolean,
    readAgain: (bytes: AsyncIterable<Uint8Array>) => Promise<void>,
    more: readonly PropValue[] = [],
  ): Promise<void> {
    const { attach } = await this.#message.createAttach();
    try {
      const size = await this.#writeData(attach, part, body, readAgain);
      const props = [
        prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE),
        ...this.#nameProps(part, attachmentName(part, ++this.#count)),
        ...this.#inlineProps(part, hasHtml),
        prop(PR_ATTACH_SIZE, size),
        ...more,
      ];
      await applyProps(attach, props, this.#diagnostics);
      await attach.saveChanges();
    } finally {
      await attach.release();
    }
  }

  /** Writes a part as an attached message, which `fill` reads. */
  async writeMessage(part: MimePart, fill: (inner: IMessage) => Promise<void>): Promise<void> {
    const { attach } = await this.#message.createAttach();
    try {
      await applyProps(attach, [prop(PR_ATTACH_METHOD, ATTACH_EMBEDDED_MSG)], this.#diagnostics);
      const inner = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage', { create: true, modify: true });
      let subject: string | undefined;
      try {
        await fill(inner);
        subject = (await inner.getProps([PR_SUBJECT])).values[0];
        await inner.saveChanges();
      } finally {
        await inner.release();
      }
      const name = part.fileName ?? subject ?? '';
      const props = [
        prop(PR_DISPLAY_NAME, name === '' ? 'message' : name),
        prop(PR_ATTACH_MIME_TAG, 'message/rfc822'),
        prop(PR_RENDERING_POSITION, NO_POSITION),
        ...(part.fileName === undefined ? [] : [prop(PR_ATTACH_LONG_FILENAME, attachmentName(part, 0))]),
      ];
      await applyProps(attach, props, this.#diagnostics);
      await attach.saveChanges();
    } finally {
      await attach.release();
    }
  }

  async #writeData(
    attach: IAttach,
    part: MimePart,
    body: BodyPieces,
    readAgain: (bytes: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<number> {
    const stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream', { create: true, modify: true });
    try {
      let size = 0;
      for await (const bytes of withHeaders(part, body.pieces())) {
        await stream.write(bytes);
        size += bytes.length;
      }
      await stream.commit();
      await stream.seek(0);
      await readAgain(streamChunks(stream));
      return size;
    } finally {
      await stream.release();
    }
  }

  #nameProps(part: MimePart, name: string): readonly PropValue[] {
    const extension = extensionOf(name);
    const props: PropValue[] = [
      prop(PR_ATTACH_LONG_FILENAME, name),
      prop(PR_ATTACH_FILENAME, shortName(name)),
      prop(PR_DISPLAY_NAME, name),
      prop(PR_ATTACH_MIME_TAG, part.contentType),
      prop(PR_RENDERING_POSITION, NO_POSITION),
    ];
    if (extension !== undefined) props.push(prop(PR_ATTACH_EXTENSION, extension));
    if (part.charset !== undefined && part.contentType.startsWith('text/')) {
      props.push(prop(PR_TEXT_ATTACHMENT_CHARSET, part.charset));
    }
    return props;
  }

  #inlineProps(part: MimePart, hasHtml: boolean): readonly PropValue[] {
    const props: PropValue[] = [];
    const location = part.headers.get('Content-Location');
    if (part.contentId !== undefined) props.push(prop(PR_ATTACH_CONTENT_ID, part.contentId));
    if (location !== undefined && location !== '') props.push(prop(PR_ATTACH_CONTENT_LOCATION, location));
    const named = part.contentId !== undefined && this.#references.has(part.contentId);
    const addressed = part.contentId !== undefined || location !== undefined;
    const related = isRelated(part) && addressed && part.disposition !== 'attachment';
    if (hasHtml && (named || related)) {
      props.push(prop(PR_ATTACH_FLAGS, ATT_MHTML_REF), prop(PR_ATTACHMENT_HIDDEN, true));
    } else if (isInlineText(part)) {
      props.push(prop(PR_ATTACH_DISPOSITION, 'inline'));
    }
    return props;
  }
}

function isRelated(part: MimePart): boolean {
  return part.parent?.contentType === 'multipart/related';
}

/** A text to be shown with the message; a name that looks made up and is not must stay, so that one is a file. */
function isInlineText({ contentType, disposition, fileName }: MimePart): boolean {
  if (fileName !== undefined && isMadeUpName(fileName)) return false;
  if (disposition === 'inline') return contentType.startsWith('text/');
  return disposition === undefined && fileName === undefined && /^text\/(?:plain|html)$/.test(contentType);
}

/** What is kept byte for byte keeps the headers that describe it too. */
async function* withHeaders(part: MimePart, pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (part.opaque) {
    const fields = part.headers.rawFields((name) => /^content-/i.test(name));
    yield concatBytes([fields, Uint8Array.of(0x0d, 0x0a)]);
  }
  yield* pieces;
}
