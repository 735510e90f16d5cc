import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Database, type DatabaseOptions } from './database.ts';

/** Options of the tests' databases: one table of numbered texts. */
export const notes: DatabaseOptions = {
  applicationId: 0x6e6f7465,
  migrations: ['CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, body NOT NULL)'],
};

/** A directory that is gone when the test is. */
export function temporaryDirectory(): Disposable & { file(name: string): string } {
  const path = mkdtempSync(join(tmpdir(), 'nodemapi-sqlite-'));
  return {
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** A database with little room: `pages` of 4096 bytes. */
export function small(path: string, pages: number): Database {
  const database = Database.open(path, notes);
  database.exec(`PRAGMA max_page_count = ${pages}`);
  return database;
}

/** Another process that runs `code`, an ES module that imports the built packages. */
export function child(code: string): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
