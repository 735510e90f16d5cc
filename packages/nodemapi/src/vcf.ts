/** vCards in and out of contacts, for programs and the command line. */
import {
  CARD_BYTES_MAX,
  CARD_PHYSICAL_LINES_MAX,
  type ContactProblem,
  isContactClass,
  mapiToVCard,
  splitVCards,
  vCardToMapi,
} from '@nodemapi/format-vcard';
import { type IMessage, MapiError, MSGFLAG_READ, PR_MESSAGE_CLASS, PR_MESSAGE_FLAGS, prop } from '@nodemapi/mapi';
import { readBodies } from './dump-message.ts';
import { namedDetail } from './export-diagnostic.ts';

export { type ContactProblem, isContactClass } from '@nodemapi/format-vcard';

/** One card of a file, to be read. */
export interface VcfCard {
  /**
   * Makes an unsaved message the contact that the card describes; saving it is the caller's.
   *
   * @returns what could not be read or set; what a contact has no place for is kept with it
   * @throws MAPI_E_CORRUPT_DATA if it is no card; MAPI_E_TOO_BIG if it is too large to be one
   */
  fill(message: IMessage): Promise<readonly ContactProblem[]>;
}

/** The cards of a .vcf file (vCard 2.1, 3.0 or 4.0), one after the other and in the memory of one. */
export async function* splitVcf(source: AsyncIterable<Uint8Array>): AsyncGenerator<VcfCard> {
  for await (const card of splitVCards(source)) {
    yield {
      fill: async (message) => {
        if (card.kind === 'tooLarge')
          throw new MapiError(
            'MAPI_E_TOO_BIG',
            `a card of ${card.size} bytes is too large or has too many lines: at most ${CARD_BYTES_MAX} and ${CARD_PHYSICAL_LINES_MAX}`,
          );
        await message.setProps([prop(PR_MESSAGE_FLAGS, MSGFLAG_READ)]);
        return vCardToMapi(card.bytes, message);
      },
    };
  }
}

/** How a contact is exported. */
export interface ExportVcfOptions {
  /** Version of the vCard, 3.0 if omitted. */
  readonly version?: '3.0' | '4.0';
}

/**
 * Writes a contact as a vCard, in UTF-8 with CRLF.
 *
 * @returns the text, and what a card cannot hold; properties that it has no place for by their names
 * @throws MAPI_E_NO_SUPPORT if the message is no contact
 */
export async function exportVcf(
  message: IMessage,
  options: ExportVcfOptions = {},
): Promise<{ readonly text: string; readonly problems: readonly ContactProblem[] }> {
  const [messageClass = ''] = (await message.getProps([PR_MESSAGE_CLASS])).values;
  if (!isContactClass(messageClass))
    throw new MapiError('MAPI_E_NO_SUPPORT', `${messageClass || 'a message without a class'} is no contact`);
  const { text: note } = (await readBodies(message)).body;
  const { text, problems } = await mapiToVCard(message, { ...options, ...(note === undefined ? {} : { note }) });
  return { text, problems: problems.map(({ detail, loss }) => ({ detail: namedDetail(detail), loss })) };
}
