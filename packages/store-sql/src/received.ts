/**
 * Which messages of other systems are here already: the name of a message at its source is written in the transaction
 * that saves it. The last `RECEIVED_SOURCES_MAX` are kept; they outlive the message itself, which may be deleted.
 */
import { noSupport } from '@nodemapi/kit';
import { RECEIVED_SOURCES_MAX } from '@nodemapi/mapi';
import { type Database, sql } from '@nodemapi/sqlite';
import { FolderHome } from './folder-home.ts';
import type { MessageObject } from './message.ts';
import type { StoreContext } from './store-context.ts';

export function isReceived(db: Database, source: Uint8Array): boolean {
  return db.get(sql`SELECT 1 FROM received WHERE source = ${source}`) !== undefined;
}

/** Saves a message and notes its sources; false, and nothing done, if the first of them is noted. */
export async function saveReceived(
  { file }: StoreContext,
  message: MessageObject,
  sources: readonly Uint8Array[],
): Promise<boolean> {
  const { draft, home } = message;
  if (!message.writable || !(home instanceof FolderHome)) noSupport('ReceivingStore.saveReceived of this message');
  const [first] = sources;
  const row = await file.write((changes) => {
    if (first !== undefined && isReceived(file.db, first)) return undefined;
    for (const source of sources) note(file.db, source);
    return home.store(changes, draft).row;
  });
  if (row === undefined) return false;
  message.renew(home.load(row));
  return true;
}

function note(db: Database, source: Uint8Array): void {
  db.run(sql`INSERT OR IGNORE INTO received (source) VALUES (${source})`);
  db.run(sql`DELETE FROM received WHERE seq <= (SELECT max(seq) FROM received) - ${RECEIVED_SOURCES_MAX}`);
}
