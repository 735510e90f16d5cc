/** One-off tables: the templates by which entries are made. spec: one-off-tables */
import { concatBytes } from '@nodemapi/base';
import {
  DT_MAILUSER,
  DT_PRIVATE_DISTLIST,
  type EntryId,
  MapiError,
  PR_ADDRTYPE,
  PR_DEPTH,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_SELECTABLE,
  prop,
  type RowSet,
} from '@nodemapi/mapi';
import { type EntryKind, LIST_ADDRESS_TYPE } from './book-entry.ts';
import { bookEntryId, parseBookEntryId } from './book-entry-id.ts';

const TEMPLATES = {
  mailUserTemplate: { makes: 'mailUser', name: 'Internet address', addrType: 'SMTP', displayType: DT_MAILUSER },
  distListTemplate: {
    makes: 'distList',
    name: 'Personal distribution list',
    addrType: LIST_ADDRESS_TYPE,
    displayType: DT_PRIVATE_DISTLIST,
  },
} as const;
export type TemplateKind = keyof typeof TEMPLATES;

/** Identifier of a template of this book. */
export function templateId(book: Uint8Array, kind: TemplateKind): EntryId {
  return bookEntryId(book, { kind, number: 0 });
}

/** Rows of the one-off table with these templates. */
export function templateRows(book: Uint8Array, kinds: readonly TemplateKind[]): RowSet {
  return kinds.map((kind) => {
    const { name, addrType, displayType } = TEMPLATES[kind];
    const entryId = templateId(book, kind);
    return [
      prop(PR_DISPLAY_NAME, name),
      prop(PR_ADDRTYPE, addrType),
      prop(PR_DISPLAY_TYPE, displayType),
      prop(PR_ENTRYID, entryId),
      prop(PR_DEPTH, 0),
      prop(PR_SELECTABLE, true),
      prop(PR_INSTANCE_KEY, concatBytes([entryId.subarray(4)])),
    ];
  });
}

/** What a template makes. @throws MAPI_E_UNKNOWN_ENTRYID if the identifier is none of a template of this book */
export function kindOfTemplate(book: Uint8Array, template: EntryId): EntryKind {
  const kind = parseBookEntryId(book, template)?.kind;
  if (kind === 'mailUserTemplate' || kind === 'distListTemplate') return TEMPLATES[kind].makes;
  throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'this is no template of the address book');
}
