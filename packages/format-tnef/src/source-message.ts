/** A TNEF message as a source of the kit, so that it can be read as an IMessage. */
import { encodeCodePage, memoryRandomAccess } from '@nodemapi/base';
import type { AttachmentSource, MessageSource, NamedId, SourceProp } from '@nodemapi/kit';
import {
  isStorableType,
  type MapiNameId,
  NAMED_ID_MIN,
  nameKey,
  PT_OBJECT,
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';
import { attachmentProps } from './attachment-props.ts';
import type { TnefMessage, TnefProp } from './tnef-message.ts';

/** The message as `openSourceMessage` takes it; attachments are numbered as they come. */
export function tnefSource(message: TnefMessage): MessageSource {
  const names = new NameNumbers();
  const props = names.sourceProps(message.props);
  const attachments = message.attachments.map((attachment): AttachmentSource => {
    const inner = attachment.message;
    const source = { props: names.sourceProps(attachmentProps(attachment)) };
    return inner === undefined ? source : { ...source, message: async () => tnefSource(inner) };
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
