/** TNEF streams (winmail.dat) in and out of messages, for programs and the command line. */
import { encodeCodePage, memoryRandomAccess, type RandomAccess } from '@nodemapi/base';
import { attachmentProps, readTnef, type TnefDiagnostic, type TnefMessage, type TnefProp } from '@nodemapi/format-tnef';
import {
  type AttachmentSource,
  type MessageSource,
  type NamedId,
  openSourceMessage,
  type SourceProp,
} from '@nodemapi/kit';
import {
  type IMessage,
  isStorableType,
  MapiError,
  type MapiNameId,
  NAMED_ID_MIN,
  nameKey,
  PT_OBJECT,
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';

/** A message that lies in a TNEF stream. */
export interface OpenedTnef {
  /** May only be read; the caller releases it. */
  readonly message: IMessage;
  /** What was wrong with the stream. */
  readonly diagnostics: readonly TnefDiagnostic[];
}

/** A stream is read whole; a larger one is none of a mail. */
export const tnefBytesMax = 1024 * 1024 * 1024;

/**
 * Opens the message of a TNEF stream, which is read at once; its attachments share its bytes.
 *
 * @throws MAPI_E_CORRUPT_DATA if it is no TNEF stream; MAPI_E_TOO_BIG past 1 GB
 */
export async function openTnefMessage(source: RandomAccess): Promise<OpenedTnef> {
  const size = await source.size();
  if (size > tnefBytesMax) throw new MapiError('MAPI_E_TOO_BIG', `a TNEF stream of ${size} bytes`);
  const { diagnostics, ...message } = readTnef(await source.read(0, size));
  return { message: openSourceMessage(messageSource(message)), diagnostics };
}

function messageSource(message: TnefMessage): MessageSource {
  const names = new NameNumbers();
  const props = names.sourceProps(message.props);
  const attachments = message.attachments.map((attachment): AttachmentSource => {
    const inner = attachment.message;
    const source = { props: names.sourceProps(attachmentProps(attachment)) };
    return inner === undefined ? source : { ...source, message: async () => messageSource(inner) };
  });
  const rows = (message.recipients ?? []).map((row) => row.filter(({ name }) => name === undefined));
  return { props, names: names.entries, recipients: async () => rows, attachments: async () => attachments };
}

/** Identifiers for the names of one message. */
class NameNumbers {
  readonly entries: NamedId[] = [];
  readonly #ids = new Map<string, number>();

  sourceProps(props: readonly TnefProp[]): readonly SourceProp[] {
    return props.filter(({ tag }) => isHeld(tag)).map((each) => this.#sourceProp(each));
  }

  #sourceProp({ tag, value, name }: TnefProp): SourceProp {
    const own = name === undefined ? tag : tagFromNumber(this.#idOf(name) * 0x1_0000 + propType(tag));
    return {
      tag: own,
      size: value instanceof Uint8Array ? value.length : typeof value === 'string' ? value.length * 2 : 0,
      read: async () => value,
      open: async () =>
        memoryRandomAccess(value instanceof Uint8Array ? value : encodeCodePage(String(value), 1200).bytes),
    };
  }

  #idOf(name: MapiNameId): number {
    const key = nameKey(name);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = NAMED_ID_MIN + this.entries.length;
    this.#ids.set(key, id);
    this.entries.push({ name, id });
    return id;
  }
}

function isHeld(tag: number): boolean {
  return propType(tag) !== PT_OBJECT && isStorableType(propType(tag));
}
