/** Whether a store file is what it ought to be. */

import { MapiError } from '@nodemapi/base';
import { decodeProps, type PropList, type ValueReference } from '@nodemapi/kit';
import { MSGFLAG_SUBMIT, STREAM_CHUNK_BYTES } from '@nodemapi/mapi';
import { Database, type Query, raw, sql } from '@nodemapi/sqlite';
import { lastSeq } from './journal.ts';
import { STORE_APPLICATION_ID, STORE_MIGRATIONS } from './schema.ts';

/** `repairable` problems are set right by `repairStore` without losing anything. */
export interface StoreProblem {
  readonly code: 'damaged' | 'reference' | 'count' | 'queue' | 'value' | 'props' | 'journal';
  readonly message: string;
  readonly repairable: boolean;
}

interface Check {
  readonly code: StoreProblem['code'];
  readonly repairable: boolean;
  /** Each row it finds is a problem, with its text in `message`. */
  readonly find: Query;
  readonly repair?: Query;
}

const COUNTS = sql`SELECT f.id,
  (SELECT count(*) FROM message m WHERE m.folder = f.id AND m.associated = 0)
    + (SELECT count(*) FROM found s WHERE s.folder = f.id) AS messages,
  (SELECT count(*) FROM message m WHERE m.folder = f.id AND m.associated = 0 AND m.flags & 1 = 0)
    + (SELECT count(*) FROM found s JOIN message m ON m.id = s.message WHERE s.folder = f.id AND m.flags & 1 = 0) AS unread,
  (SELECT count(*) FROM message m WHERE m.folder = f.id AND m.associated <> 0) AS associated,
  (SELECT count(*) FROM folder c WHERE c.parent = f.id AND c.id <> f.id) AS folders FROM folder f`;

const SUBMITTED = raw(String(MSGFLAG_SUBMIT));

const CHECKS: readonly Check[] = [
  {
    code: 'count',
    repairable: true,
    find: sql`SELECT 'the count of queued messages in state ' || state || ' is wrong' AS message
      FROM (SELECT state, count(*) AS messages FROM outgoing GROUP BY state
        UNION ALL SELECT state, -messages FROM outgoing_count)
      GROUP BY state HAVING sum(messages) <> 0`,
    repair: sql`INSERT OR REPLACE INTO outgoing_count (state, messages)
      SELECT c.state, (SELECT count(*) FROM outgoing o WHERE o.state = c.state)
      FROM (SELECT state FROM outgoing UNION SELECT state FROM outgoing_count) c`,
  },
  {
    code: 'count',
    repairable: true,
    find: sql`SELECT 'the counts of folder ' || f.id || ' are wrong' AS message FROM folder f JOIN (${COUNTS}) c USING (id)
      WHERE (f.messages, f.unread, f.associated, f.folders) <> (c.messages, c.unread, c.associated, c.folders)`,
    repair: sql`UPDATE folder SET messages = c.messages, unread = c.unread, associated = c.associated,
      folders = c.folders FROM (${COUNTS}) c WHERE c.id = folder.id`,
  },
  {
    code: 'queue',
    repairable: true,
    find: sql`SELECT 'message ' || id || ' is submitted and not in the queue' AS message FROM message
      WHERE folder IS NOT NULL AND flags & ${SUBMITTED} AND id NOT IN (SELECT message FROM outgoing)`,
    repair: sql`UPDATE message SET flags = flags & ~${SUBMITTED} WHERE folder IS NOT NULL AND flags & ${SUBMITTED}
      AND id NOT IN (SELECT message FROM outgoing)`,
  },
  {
    code: 'queue',
    repairable: true,
    find: sql`SELECT 'message ' || m.id || ' is in the queue and not submitted' AS message
      FROM outgoing o JOIN message m ON m.id = o.message WHERE m.flags & ${SUBMITTED} = 0`,
    repair: sql`UPDATE message SET flags = flags | ${SUBMITTED} WHERE id IN (SELECT message FROM outgoing)`,
  },
  {
    code: 'props',
    repairable: false,
    find: sql`SELECT 'message ' || id || ' has no properties' AS message FROM message
      WHERE id NOT IN (SELECT message FROM message_props)`,
  },
  {
    code: 'value',
    repairable: true,
    find: sql`SELECT 'value ' || id || ' belongs to nothing' AS message FROM value
      WHERE owner IS NULL AND message IS NULL AND attachment IS NULL`,
    repair: sql`DELETE FROM value WHERE owner IS NULL AND message IS NULL AND attachment IS NULL`,
  },
  {
    code: 'value',
    repairable: false,
    find: sql`SELECT 'value ' || v.id || ' has chunks beyond its size' AS message FROM value v
      WHERE v.owner IS NULL AND EXISTS (SELECT 1 FROM chunk c WHERE c.value = v.id
        AND (c.number * ${STREAM_CHUNK_BYTES} >= v.size OR length(c.bytes) > ${STREAM_CHUNK_BYTES}))`,
  },
  {
    code: 'reference',
    repairable: false,
    find: sql`WITH RECURSIVE reached (id) AS (SELECT 1 UNION
        SELECT f.id FROM folder f JOIN reached r ON f.parent = r.id)
      SELECT 'folder ' || id || ' is not below the root' AS message FROM folder WHERE id NOT IN (SELECT id FROM reached)`,
  },
];

/**
 * Everything that is wrong with the store file at `path`; nothing for a sound one. Nobody need have closed it.
 *
 * @throws MAPI_E_NOT_FOUND, MAPI_E_VERSION; MAPI_E_CORRUPT_STORE for a file that is no store at all
 */
export function checkStore(path: string): readonly StoreProblem[] {
  const db = openFor(path, true);
  try {
    return findProblems(db);
  } finally {
    db.closeNow();
  }
}

/** Sets right what can be set right without losing anything; answers what is left. */
export function repairStore(path: string): readonly StoreProblem[] {
  const db = openFor(path, false);
  try {
    db.withImmediate(() => {
      for (const { repair } of CHECKS) if (repair !== undefined) db.run(repair);
    });
    return findProblems(db);
  } finally {
    db.closeNow();
  }
}

function openFor(path: string, readOnly: boolean): Database {
  return Database.open(path, { applicationId: STORE_APPLICATION_ID, migrations: STORE_MIGRATIONS, readOnly });
}

function findProblems(db: Database): readonly StoreProblem[] {
  return [
    ...damage(db),
    ...CHECKS.flatMap(({ code, repairable, find }) =>
      db.all<{ message: string }>(find).map(({ message }): StoreProblem => ({ code, message, repairable })),
    ),
    ...bagProblems(db),
    ...journalProblems(db),
  ];
}

function damage(db: Database): StoreProblem[] {
  const integrity = db.all<{ integrity_check: string }>(raw('PRAGMA integrity_check'));
  const broken = integrity.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  const dangling = db.all<{ table: string; rowid: number | null; parent: string }>(raw('PRAGMA foreign_key_check'));
  return [
    ...broken.map((message): StoreProblem => ({ code: 'damaged', message, repairable: false })),
    ...dangling.map(
      ({ table, rowid, parent }): StoreProblem => ({
        code: 'reference',
        message: `row ${rowid ?? '?'} of ${table} refers to no ${parent}`,
        repairable: false,
      }),
    ),
  ];
}

/** The property lists of each table. */
const BAGS = {
  folder: sql`SELECT id, props FROM folder`,
  message: sql`SELECT message AS id, props FROM message_props UNION ALL SELECT message, props FROM message_long`,
  attachment: sql`SELECT id, props FROM attachment`,
} as const;

/** Property lists that cannot be read, and references that lead nowhere. */
function bagProblems(db: Database): StoreProblem[] {
  const problems: StoreProblem[] = [];
  for (const [table, bags] of Object.entries(BAGS)) {
    for (const row of db.iterate<{ id: number; props: Uint8Array }>(bags)) {
      const list = readable(row.props);
      if (list === undefined) {
        problems.push({
          code: 'props',
          message: `the properties of ${table} ${row.id} are damaged`,
          repairable: false,
        });
        continue;
      }
      const missing = list.references.filter((reference) => !isKept(db, table, row.id, reference));
      for (const { value, tag } of missing) {
        const message = `${table} ${row.id}: value ${value} of 0x${tag.toString(16)} is missing`;
        problems.push({ code: 'value', message, repairable: false });
      }
    }
  }
  return problems;
}

function readable(bytes: Uint8Array): PropList | undefined {
  try {
    return decodeProps(bytes);
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) return undefined;
    throw error;
  }
}

function isKept(db: Database, table: string, id: number, { value, size }: ValueReference): boolean {
  const holder = raw(table === 'attachment' ? 'attachment' : 'message');
  return db.get(sql`SELECT 1 FROM value WHERE id = ${value} AND size = ${size} AND ${holder} = ${id}`) !== undefined;
}

/** Numbers of the journal only grow, so what was given last is at least what is there. */
function journalProblems(db: Database): StoreProblem[] {
  const highest = db.get<{ seq: number | null }>(sql`SELECT max(seq) AS seq FROM journal`)?.seq ?? 0;
  if (highest <= lastSeq(db)) return [];
  return [{ code: 'journal', message: `the journal holds ${highest}, beyond ${lastSeq(db)}`, repairable: false }];
}
