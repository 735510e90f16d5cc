/** Layout of an address book file, version by version. A step that was released is never changed. */

/** "MPAB": marks the files of this provider. */
export const APPLICATION_ID = 0x4d504142;

/**
 * - `book` has one row: the identifier of this file.
 * - `entry`: `kind` is PR_OBJECT_TYPE, `version` counts the saves, the keys are folded for comparisons, `props` is a
 *   property list. Identifiers are never used again.
 * - `member`: either `entry`, or `entry_id` and `props` of somebody in another address book or in none.
 */
const VERSION_1 = `
CREATE TABLE book (one INTEGER PRIMARY KEY CHECK (one = 1), uid BLOB NOT NULL) STRICT;
CREATE TABLE entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind INTEGER NOT NULL CHECK (kind IN (6, 8)),
  version INTEGER NOT NULL,
  name_key TEXT NOT NULL,
  address_key TEXT NOT NULL,
  search_key BLOB NOT NULL,
  props BLOB NOT NULL
) STRICT;
CREATE INDEX entry_name ON entry (name_key);
CREATE INDEX entry_address ON entry (address_key);
CREATE TABLE member (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  list INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
  entry INTEGER REFERENCES entry (id) ON DELETE CASCADE,
  entry_id BLOB,
  props BLOB,
  CHECK ((entry IS NULL) = (entry_id IS NOT NULL AND props IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX member_entry ON member (list, entry) WHERE entry IS NOT NULL;
CREATE UNIQUE INDEX member_entry_id ON member (list, entry_id) WHERE entry_id IS NOT NULL;
CREATE INDEX member_of ON member (entry) WHERE entry IS NOT NULL;
`;

export const MIGRATIONS: readonly string[] = [VERSION_1];
