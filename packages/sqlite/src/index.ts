export { Database, type DatabaseOptions, type RunResult } from './database.ts';
export type { SqlRow, SqlValue } from './driver.ts';
export { join, Query, raw, sql, values } from './sql.ts';
export type { CommitHooks } from './write-queue.ts';
