/** A small but whole file: two folders, a search folder, messages with recipients and attachments of each kind. */
import type { PropValue } from '@nodemapi/mapi';
import {
  ATTACH_BY_VALUE,
  ATTACH_EMBEDDED_MSG,
  ATTACH_OLE,
  MAPI_CC,
  MAPI_TO,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_METHOD,
  PR_BODY,
  PR_CONTENT_COUNT,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_IPM_SUBTREE_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  PR_PARENT_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_RECORD_KEY,
  PR_SUBJECT,
  PT_BINARY,
  PT_LONG,
  PT_UNICODE,
  prop,
  tag,
  tagFromNumber,
} from '@nodemapi/mapi';
import {
  type Composed,
  type ComposeOptions,
  compose,
  type NodeToWrite,
  propertiesNode,
  tableNode,
} from './compose.testing.ts';
import type { PstVersion } from './layout.ts';
import { NID_TYPES, NIDS, siblingNid } from './node.ts';

export const RECORD_KEY = new Uint8Array(16).fill(7);
export const TOP = 0x8022;
export const INBOX = 0x8042;
export const SEARCH = 0x8063;
/** Messages of the inbox: 0x200024, 0x200044, … */
export const messageNid = (index: number): number => ((0x10001 + index) << 5) | NID_TYPES.normalMessage;

export const LONG_TEXT = 'All work and no play. '.repeat(20_000);
const SHORT_TEXT = 'All play.';
export const FILE_BYTES = new Uint8Array(50_000).map((_, index) => (index * 7) & 0xff);
export const OLE_BYTES = new Uint8Array(600).fill(0xd0);

/** A string property as an ANSI file or another has it. */
export function textProp(version: PstVersion, textTag: number, value: string): PropValue {
  return { tag: tagFromNumber(version === 'ansi' ? (textTag & 0xffff_0000) | 0x1e : textTag), value };
}

export interface SampleOptions extends ComposeOptions {
  /** Messages in the inbox. */
  readonly messages?: number;
  /** Body of the first message; one of many blocks if absent. */
  readonly body?: string;
  /** Nodes that take the place of those of the sample. */
  readonly replace?: readonly NodeToWrite[];
}

export function sampleNodes(version: PstVersion, messages = 1, body: string = LONG_TEXT): NodeToWrite[] {
  const text = (textTag: number, value: string): PropValue => textProp(version, textTag, value);
  const nids = Array.from({ length: messages }, (_, index) => messageNid(index));
  const folder = (
    nid: number,
    parent: number,
    name: string,
    children: readonly number[],
    inside: readonly number[],
  ) => [
    propertiesNode(version, nid, [text(PR_DISPLAY_NAME, name), prop(PR_CONTENT_COUNT, inside.length)], { parent }),
    tableNode(version, siblingNid(nid, NID_TYPES.hierarchyTable), [], children.map(asRow)),
    tableNode(
      version,
      siblingNid(nid, NID_TYPES.contentsTable),
      [text(PR_SUBJECT, '').tag],
      inside.map((rowId) => ({ rowId, values: [text(PR_SUBJECT, `Subject of ${rowId}`)] })),
    ),
    tableNode(version, siblingNid(nid, NID_TYPES.associatedTable), [], []),
  ];
  return [
    propertiesNode(version, NIDS.messageStore, [
      prop(PR_RECORD_KEY, RECORD_KEY),
      prop(PR_IPM_SUBTREE_ENTRYID, entryId(TOP)),
    ]),
    propertiesNode(version, NIDS.nameToIdMap, []),
    ...folder(NIDS.rootFolder, NIDS.rootFolder, '', [TOP, SEARCH], []),
    ...folder(TOP, NIDS.rootFolder, 'Top', [INBOX], []),
    ...folder(INBOX, TOP, 'Inbox', [], nids),
    propertiesNode(version, SEARCH, [text(PR_DISPLAY_NAME, 'Unread')], { parent: NIDS.rootFolder }),
    tableNode(version, siblingNid(SEARCH, NID_TYPES.searchContentsTable), [], nids.map(asRow)),
    propertiesNode(version, siblingNid(SEARCH, NID_TYPES.searchCriteria), criteria(version), { parent: 0 }),
    ...nids.map((nid) => sampleMessage(version, nid, body)),
  ];
}

const longs = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

/** Not in the Inbox, unread, and about X, as Outlook writes it. */
function criteria(version: PstVersion): PropValue[] {
  const subject = version === 'ansi' ? 0x0037001e : 0x0037001f;
  const restriction = [
    [0, 3, 0x10, 0xbad],
    [4, 5, PR_PARENT_ENTRYID, PR_PARENT_ENTRYID],
    [2, 0, 0x40, 0xbad],
    [3, 0x1_0002, subject, subject],
    [6, 1, PR_MESSAGE_FLAGS, 1],
  ];
  return [
    { tag: tag(0x6608, PT_BINARY), value: longs(...restriction.flat()) },
    { tag: tag(0x6609, PT_BINARY), value: longs(TOP) },
    { tag: tag(0x660b, PT_LONG), value: 5 },
    { tag: tag(0x8001, PT_BINARY), value: entryId(INBOX) },
    textProp(version, tag(0x8002, PT_UNICODE), 'X'),
  ];
}

const asRow = (rowId: number) => ({ rowId, values: [] });

export function entryId(nid: number): Uint8Array {
  const bytes = new Uint8Array(24);
  bytes.set(RECORD_KEY, 4);
  new DataView(bytes.buffer).setUint32(20, nid, true);
  return bytes;
}

function sampleMessage(version: PstVersion, nid: number, body: string): NodeToWrite {
  const text = (textTag: number, value: string): PropValue => textProp(version, textTag, value);
  const file = 0x8025;
  const message = 0x8045;
  const ole = 0x8065;
  const inner = 0x200;
  const attachment = (own: number, name: string, method: number, more: Parameters<typeof propertiesNode>[3] = {}) =>
    propertiesNode(version, own, [text(PR_ATTACH_LONG_FILENAME, name), prop(PR_ATTACH_METHOD, method)], more);
  return propertiesNode(
    version,
    nid,
    [
      text(PR_SUBJECT, `\u0001\u0005RE: message ${nid}`),
      text(PR_MESSAGE_CLASS, 'IPM.Note'),
      text(PR_BODY, nid === messageNid(0) ? body : SHORT_TEXT),
      prop(PR_MESSAGE_DELIVERY_TIME, 133_000_000_000_000_000n),
    ],
    {
      parent: INBOX,
      subnodes: [
        tableNode(
          version,
          NIDS.recipientTable,
          [PR_RECIPIENT_TYPE, text(PR_DISPLAY_NAME, '').tag, text(PR_EMAIL_ADDRESS, '').tag],
          [
            recipient(version, 0, MAPI_TO, 'Ann', 'ann@example.com'),
            recipient(version, 1, MAPI_CC, 'Bob', 'bob@example.com'),
          ],
        ),
        tableNode(version, NIDS.attachmentTable, [], [file, message, ole].map(asRow)),
        propertiesNode(version, file, [
          text(PR_ATTACH_LONG_FILENAME, 'data.bin'),
          prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE),
          prop(PR_ATTACH_DATA_BIN, nid === messageNid(0) ? FILE_BYTES : OLE_BYTES),
        ]),
        attachment(message, 'inner', ATTACH_EMBEDDED_MSG, {
          subnodes: [propertiesNode(version, (inner << 5) | 4, [text(PR_SUBJECT, 'inner subject')])],
          stored: [{ tag: PR_ATTACH_DATA_OBJ, object: { nid: (inner << 5) | 4, bytes: 100 } }],
        }),
        attachment(ole, 'object', ATTACH_OLE, {
          subnodes: [{ nid: (inner << 5) | NID_TYPES.ltp, blocks: [OLE_BYTES] }],
          stored: [{ tag: PR_ATTACH_DATA_OBJ, object: { nid: (inner << 5) | NID_TYPES.ltp, bytes: OLE_BYTES.length } }],
        }),
      ],
    },
  );
}

function recipient(version: PstVersion, rowId: number, kind: number, name: string, address: string) {
  return {
    rowId,
    values: [
      prop(PR_RECIPIENT_TYPE, kind),
      textProp(version, PR_DISPLAY_NAME, name),
      textProp(version, PR_EMAIL_ADDRESS, address),
    ],
  };
}

export function sample(options: SampleOptions = {}): Composed {
  const replaced = new Map((options.replace ?? []).map((node) => [node.nid, node]));
  const nodes = sampleNodes(options.version ?? 'unicode', options.messages, options.body);
  return compose(
    nodes.map((node) => replaced.get(node.nid) ?? node),
    options,
  );
}
