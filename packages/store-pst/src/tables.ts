/** The tables of a PST, as they were when they were opened: nothing changes in a file that is only read. */
import { type PstFolder, splitSubject } from '@nodemapi/format-pst';
import {
  CONTENTS_COLUMNS,
  HIERARCHY_COLUMNS,
  MemoryRowSource,
  MemoryRows,
  RECEIVE_FOLDER_COLUMNS,
  SEARCH_CONTENTS_COLUMNS,
  TableView,
} from '@nodemapi/kit';
import {
  baseType,
  DT_FOLDER,
  type IMAPITable,
  MAPI_MESSAGE,
  MSGFLAG_HASATTACH,
  PR_DEPTH,
  PR_DISPLAY_CC,
  PR_DISPLAY_TO,
  PR_DISPLAY_TYPE,
  PR_ENTRYID,
  PR_HASATTACH,
  PR_INSTANCE_KEY,
  PR_LTP_ROW_ID,
  PR_LTP_ROW_VER,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_MSG_STATUS,
  PR_NORMALIZED_SUBJECT,
  PR_PARENT_DISPLAY,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  PR_STATUS,
  PR_SUBJECT,
  PR_SUBJECT_PREFIX,
  type PropTag,
  type PropValue,
  PT_OBJECT,
  prop,
  propId,
  propOf,
  type Row,
} from '@nodemapi/mapi';
import { folderProps } from './folder-props.ts';
import type { PstHome } from './pst-home.ts';
import type { ReceiveFolder } from './receive-folders.ts';

/** Longer values of hidden messages are no columns. */
const rowValueBytesMax = 4096;

/** What rows have whose messages lack it. */
const ROW_DEFAULTS: readonly PropValue[] = [
  prop(PR_DISPLAY_TO, ''),
  prop(PR_DISPLAY_CC, ''),
  prop(PR_MESSAGE_FLAGS, 0),
  prop(PR_MSG_STATUS, 0),
];

/** Bookkeeping of the file's own tables. */
const FILE_ONLY: ReadonlySet<number> = new Set([PR_LTP_ROW_ID, PR_LTP_ROW_VER].map(propId));

export async function openContentsTable(home: PstHome, folder: PstFolder, associated: boolean): Promise<IMAPITable> {
  const parentDisplay = await folder.name();
  // the file's own table of hidden messages lacks what tables of messages have
  const hiddenValues = async (nid: number): Promise<readonly PropValue[]> =>
    (associated ? await (await home.file.messageOrLost(nid))?.values(rowValueBytesMax) : undefined) ?? [];
  const rows: Row[] = [];
  for await (const { nid, values } of folder.contents(associated ? 'associated' : 'messages')) {
    const parent = folder.isSearch ? ((await home.file.parentNid(nid)) ?? folder.nid) : folder.nid;
    const own = [
      ...home.commonProps(MAPI_MESSAGE),
      prop(PR_ENTRYID, home.file.entryId(nid)),
      prop(PR_RECORD_KEY, home.recordKey(nid)),
      prop(PR_INSTANCE_KEY, home.recordKey(nid)),
      prop(PR_PARENT_ENTRYID, home.file.entryId(parent)),
      prop(PR_PARENT_DISPLAY, parentDisplay),
    ];
    rows.push(rowOf([...ROW_DEFAULTS, ...subjectParts(await values()), ...(await hiddenValues(nid)), ...own]));
  }
  return open(rows, folder.isSearch ? SEARCH_CONTENTS_COLUMNS : CONTENTS_COLUMNS);
}

/** @param all also the folders below those below */
export async function openHierarchyTable(home: PstHome, folder: PstFolder, all: boolean): Promise<IMAPITable> {
  const rows: Row[] = [];
  const seen = new Set<number>([folder.nid]);
  await addBelow(home, folder, { rows, seen, all }, 0);
  return open(rows, HIERARCHY_COLUMNS);
}

interface Below {
  readonly rows: Row[];
  readonly seen: Set<number>;
  readonly all: boolean;
}

async function addBelow(home: PstHome, folder: PstFolder, below: Below, depth: number): Promise<void> {
  for (const nid of await folder.subfolderNids()) {
    if (below.seen.has(nid)) continue;
    below.seen.add(nid);
    const child = await home.file.folderOrLost(nid);
    if (child === undefined) continue;
    below.rows.push(
      rowOf([
        ...(await child.values()),
        ...(await folderProps(home, child, folder.nid)),
        prop(PR_DEPTH, depth),
        prop(PR_DISPLAY_TYPE, DT_FOLDER),
        prop(PR_STATUS, 0),
        prop(PR_INSTANCE_KEY, home.recordKey(nid)),
      ]),
    );
    if (below.all) await addBelow(home, child, below, depth + 1);
  }
}

export function openReceiveFolderTable(home: PstHome, folders: readonly ReceiveFolder[]): Promise<IMAPITable> {
  const rows = folders.map(({ messageClass, nid }, index) =>
    rowOf([
      prop(PR_ENTRYID, home.file.entryId(nid)),
      prop(PR_MESSAGE_CLASS, messageClass),
      prop(PR_RECORD_KEY, home.recordKey(nid)),
      prop(PR_INSTANCE_KEY, home.recordKey(index)),
    ]),
  );
  return open(rows, RECEIVE_FOLDER_COLUMNS);
}

/** The row's copy of the subject has the mark of its prefix too; whether there are attachments is a flag. */
function subjectParts(values: readonly PropValue[]): readonly PropValue[] {
  const flags = propOf(values, PR_MESSAGE_FLAGS) ?? 0;
  const hasAttachments = prop(PR_HASATTACH, (flags & MSGFLAG_HASATTACH) !== 0);
  return [hasAttachments, ...values].flatMap((each) => {
    if (each.tag !== PR_SUBJECT || typeof each.value !== 'string') return [each];
    const { subject, prefix, normalized } = splitSubject(each.value);
    return [prop(PR_SUBJECT, subject), prop(PR_SUBJECT_PREFIX, prefix), prop(PR_NORMALIZED_SUBJECT, normalized)];
  });
}

/** Of several values of one property the last is taken. */
function rowOf(values: readonly PropValue[]): Row {
  const byId = new Map(values.map((each) => [propId(each.tag), each]));
  return [...byId.values()].filter(({ tag }) => baseType(tag) !== PT_OBJECT && !FILE_ONLY.has(propId(tag)));
}

function open(rows: readonly Row[], columns: readonly PropTag[]): Promise<IMAPITable> {
  return TableView.open(new MemoryRowSource(new MemoryRows(rows, columns), { type: 'snapshot' }));
}
