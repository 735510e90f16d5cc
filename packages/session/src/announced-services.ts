/** The message service table: rows of the moment, events of what follows. spec: message-service-tables */
import { AnnouncedRows, MemoryRowSource, MemoryRows, TableView } from '@nodemapi/kit';
import { type IMAPITable, PR_INSTANCE_KEY, propOf, type Row } from '@nodemapi/mapi';
import { rowText } from './profile.ts';
import type { ProfileStore } from './profile-store.ts';
import { SERVICE_COLUMNS, serviceRows } from './service-tables.ts';

/**
 * Opens the message service table of a profile.
 *
 * Its rows stay as they are (SVC-2); sinks hear of services that this process adds, changes or removes, so that who has
 * just made one learns its identifier (AMB-46).
 *
 * @throws MAPI_E_NOT_FOUND if the profile is gone
 */
export async function openServiceTable(profiles: ProfileStore, profileName: string): Promise<IMAPITable> {
  const rows = serviceRows(await profiles.read(profileName));
  const live = new MemoryRows(rows, SERVICE_COLUMNS);
  const source = new AnnouncedRows(
    new MemoryRowSource(new MemoryRows(rows, SERVICE_COLUMNS), { columns: SERVICE_COLUMNS, type: 'snapshot' }),
    new MemoryRowSource(live, { columns: SERVICE_COLUMNS }),
  );
  const watch = profiles.changed.subscribe(async (name) => {
    if (name !== profileName) return;
    const isThere = await profiles.exists(profileName);
    follow(live, isThere ? serviceRows(await profiles.read(profileName)) : []);
  });
  return TableView.open(source, { onRelease: () => watch[Symbol.dispose]() });
}

/** Makes `live` have these rows, and leaves those alone that have not changed. */
function follow(live: MemoryRows, rows: readonly Row[]): void {
  const keys = new Set(rows.map((row) => keyOf(row)));
  const known = new Map(live.rows.map((row) => [keyOf(row.row), row]));
  live.remove(live.rows.filter(({ row }) => !keys.has(keyOf(row))));
  const changed = rows.filter((row) => {
    const former = known.get(keyOf(row));
    return former === undefined || rowText(former.row) !== rowText(row);
  });
  const entries = changed.map((row) => {
    const key = propOf(row, PR_INSTANCE_KEY);
    return key === undefined ? { row } : { row, key };
  });
  if (entries.length > 0) live.write(entries);
}

const keyOf = (row: Row): string => String(propOf(row, PR_INSTANCE_KEY));
