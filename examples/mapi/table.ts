// C++: IMAPIFolder::GetContentsTable, SetColumns, Restrict, SortTable, QueryRows, FindRow, bookmarks, and groups.
import {
  descend,
  endSession,
  fileTimeToIso,
  hrQueryAllRows,
  MAPIInitialize,
  MAPILogonEx,
  MSGFLAG_UNSENT,
  openDefaultStore,
  PR_CONTENT_COUNT,
  PR_DEPTH,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  PR_SENDER_NAME,
  PR_SUBJECT,
  propOf,
  resAnd,
  resBitMask,
  resContent,
  resExist,
} from 'nodemapi';

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true, forceDownload: true });
try {
  await using store = await openDefaultStore(session); // HrOpenDefaultStore; session.openMsgStore(entryId) opens any
  const { entryId } = await store.getReceiveFolder('IPM.Note');
  await using inbox = await store.openEntry(entryId, { iid: 'IMAPIFolder' });
  await using table = await inbox.getContentsTable();

  // TBL_BATCH: nothing is done before rows are asked for.
  await table.setColumns([PR_ENTRYID, PR_SUBJECT, PR_SENDER_NAME, PR_MESSAGE_DELIVERY_TIME], { batch: true });
  await table.restrict(
    resAnd(
      resExist(PR_MESSAGE_DELIVERY_TIME),
      resBitMask('EQZ', PR_MESSAGE_FLAGS, MSGFLAG_UNSENT),
      resContent(PR_SUBJECT, 'NEWS', 'prefix', { ignoreCase: true }), // FL_PREFIX | FL_IGNORECASE
    ),
    { batch: true },
  );
  await table.sortTable({ sorts: [descend(PR_MESSAGE_DELIVERY_TIME)] });
  for (let rows = await table.queryRows(50); rows.length > 0; rows = await table.queryRows(50)) {
    for (const row of rows) {
      const time = propOf(row, PR_MESSAGE_DELIVERY_TIME); // undefined for a column with PT_ERROR
      console.log(`${time === undefined ? '' : fileTimeToIso(time).slice(0, 4)} ${propOf(row, PR_SUBJECT)}`);
    }
  }

  // IMAPITable::FindRow, a bookmark, and SeekRow back to it.
  await table.seekRow('beginning', 0);
  const start = await table.createBookmark();
  await table.findRow(resContent(PR_SUBJECT, 'heart', 'substring'));
  const { row: position } = await table.queryPosition();
  await table.seekRow(start, 0);
  await table.freeBookmark(start);
  console.log(`found at ${position}, of ${await table.getRowCount()}`);

  // In groups: SSortOrderSet with cCategories 1, cExpanded 0; ExpandRow with the PR_INSTANCE_KEY of a heading.
  await table.restrict(null);
  await table.setColumns([PR_SENDER_NAME, PR_CONTENT_COUNT, PR_INSTANCE_KEY, PR_SUBJECT]);
  await table.sortTable({
    sorts: [{ tag: PR_SENDER_NAME, order: 'ascend' }, descend(PR_MESSAGE_DELIVERY_TIME)],
    categories: 1,
    expanded: 0,
  });
  for (const heading of await table.queryRows(100)) {
    console.log(`${propOf(heading, PR_SENDER_NAME)}: ${propOf(heading, PR_CONTENT_COUNT)}`);
    const { rows } = await table.expandRow(propOf(heading, PR_INSTANCE_KEY) ?? new Uint8Array(), 10);
    for (const row of rows) console.log(`  ${propOf(row, PR_SUBJECT)}`);
  }

  // HrQueryAllRows does all of it in one call.
  await using folders = await inbox.getHierarchyTable({ convenientDepth: true });
  const all = await hrQueryAllRows(folders, [PR_DISPLAY_NAME, PR_DEPTH]);
  console.log(`${all.length} folders below the Inbox`);
} finally {
  await endSession(session, { policy: 'leave' });
}
