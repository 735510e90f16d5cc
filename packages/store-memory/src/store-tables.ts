/** The tables of the store object: outgoing queue and receive folders. spec: outgoing-queue-tables, receive-folder-tables */
import { ByteWriter } from '@nodemapi/base';
import {
  MemoryRowSource,
  MemoryRows,
  QUEUE_COLUMNS,
  type QueueCount,
  RECEIVE_FOLDER_COLUMNS,
  TableView,
} from '@nodemapi/kit';
import {
  type IMAPITable,
  MAPI_FOLDER,
  type OutgoingStanding,
  type OutgoingState,
  outgoingState,
  outgoingStateNumber,
  PR_CLIENT_SUBMIT_TIME,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_MESSAGE_CLASS,
  PR_PRIORITY,
  PR_RECORD_KEY,
  PR_SENDER_NAME,
  PR_SPOOLER_ATTEMPTS,
  PR_SPOOLER_LAST_ATTEMPT,
  PR_SPOOLER_NEXT_ATTEMPT,
  PR_SPOOLER_REASON,
  PR_SPOOLER_STATE,
  PR_SPOOLER_STATUS,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  prop,
  type Row,
} from '@nodemapi/mapi';
import { valueIn } from './content.ts';
import { folderEntryId, recordKey } from './entry-ids.ts';
import { messageRow } from './folder-tables.ts';
import { openLiveTable } from './live-rows.ts';
import type { StoreContext } from './store-context.ts';
import type { MessageRecord } from './store-data.ts';

/** What a queue row shows where the message has nothing: the columns are required. */
const QUEUE_DEFAULTS: readonly PropValue[] = [
  prop(PR_SUBJECT, ''),
  prop(PR_SENDER_NAME, ''),
  prop(PR_PRIORITY, 0),
  prop(PR_SPOOLER_STATUS, 0),
];

/** The outgoing queue, in the order of submission. */
export function openQueueTable(context: StoreContext): Promise<IMAPITable> {
  const { data } = context;
  return openLiveTable(
    data,
    {
      columns: QUEUE_COLUMNS,
      ids: () => queued(context).map(({ id }) => id),
      row: (id) => {
        const record = data.messages.get(id);
        return record?.queue === undefined ? undefined : queueRow(context, record);
      },
      touched: (commit) => commit.messages,
    },
    data.hub,
  );
}

/** How many messages of each state are queued. */
export function countQueue(context: StoreContext): readonly QueueCount[] {
  const counts = new Map<OutgoingState, QueueCount>();
  for (const { content, queue } of queued(context)) {
    const state = queue?.standing?.state ?? outgoingState(valueIn(content.props, PR_SPOOLER_STATE));
    const { messages, oldest } = counts.get(state) ?? {
      messages: 0,
      oldest: valueIn(content.props, PR_CLIENT_SUBMIT_TIME) ?? null,
    };
    counts.set(state, { state, messages: messages + 1, oldest });
  }
  return [...counts.values()];
}

function queued(context: StoreContext): readonly MessageRecord[] {
  const records = [...context.data.messages.values()].filter(({ queue }) => queue !== undefined);
  return records.sort((a, b) => (a.queue?.order ?? 0) - (b.queue?.order ?? 0));
}

function queueRow(context: StoreContext, record: MessageRecord): Row {
  const standing = standingProps(record.queue?.standing);
  const known = new Set<PropTag>(standing.map(({ tag }) => tag));
  const row = [...messageRow(context, record).filter(({ tag }) => !known.has(tag)), ...standing];
  const present = new Set<PropTag>(row.map(({ tag }) => tag));
  return [...row, ...QUEUE_DEFAULTS.filter(({ tag }) => !present.has(tag))];
}

/** What the spooler keeps of a message; nothing where it keeps it in the message itself. */
function standingProps(standing: OutgoingStanding | undefined): readonly PropValue[] {
  if (standing === undefined) return [];
  const { state, attempts, lastAttempt, nextAttempt, reason } = standing;
  return [
    prop(PR_SPOOLER_STATE, outgoingStateNumber(state)),
    prop(PR_SPOOLER_ATTEMPTS, attempts),
    ...(lastAttempt === undefined ? [] : [prop(PR_SPOOLER_LAST_ATTEMPT, lastAttempt)]),
    ...(nextAttempt === undefined ? [] : [prop(PR_SPOOLER_NEXT_ATTEMPT, nextAttempt)]),
    ...(reason === undefined ? [] : [prop(PR_SPOOLER_REASON, reason)]),
  ];
}

/** The receive folders, as they are now. */
export function openReceiveFolderTable(context: StoreContext): Promise<IMAPITable> {
  const { data } = context;
  const rows = data.receiveFolders.map(
    ({ messageClass, folder }, index): Row => [
      prop(PR_ENTRYID, folderEntryId(data.uid, folder)),
      prop(PR_MESSAGE_CLASS, messageClass),
      prop(PR_RECORD_KEY, recordKey({ type: MAPI_FOLDER, id: folder })),
      prop(PR_INSTANCE_KEY, new ByteWriter().u32(index).toBytes()),
    ],
  );
  const source = new MemoryRowSource(new MemoryRows(rows, RECEIVE_FOLDER_COLUMNS), {
    columns: RECEIVE_FOLDER_COLUMNS,
    type: 'snapshot',
  });
  return TableView.open(source, { hub: data.hub });
}
