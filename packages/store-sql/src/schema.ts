/**
 * The tables of a store file.
 *
 * - Numbers of folders, messages and attachments are never used again (AUTOINCREMENT), so entry ids are not either.
 * - What tables sort and restrict on is a column of its own; everything else is in `props`, encoded by the kit's `prop-codec.ts`.
 * - The `props` of messages are tables of their own, short values and long ones (`message-bag.ts`): rows of `message` stay
 *   small for tables.
 * - A value too large for `props` lies in `value` and `chunk`. While it has an `owner` it belongs to a message that is
 *   open and unsaved; whoever opens the file later collects what a dead owner has left.
 * - `outgoing` is the queue: a message is submitted while it has a row there, and cannot be deleted. What the spooler keeps
 *   of a queued message is there, too, so that an attempt writes nothing into the message. `lock_number` grows with every
 *   taking of the lock, `lock_from` and `lock_ends` are milliseconds of the monotonic clock; `next_attempt` is 0 for what is
 *   due, `not_before` the time that the sender has set, or 0.
 * - `outgoing_recipient` has a row for each recipient that a spooler has looked at; it lies over the one in `recipient`.
 * - `outgoing_past` is what has left the queue, for some time.
 * - `received` names the sources of the last received messages, so that none is received twice.
 * - Each change has a row in `journal`, written in the same transaction.
 * - `found` is what a search folder shows; its criteria are in `folder.search`, as JSON.
 * - The counts of a folder, and of the queue by state, are kept by triggers: neither is ever counted.
 */

/** "NMST": marks the file as a message store of this kind. */
export const STORE_APPLICATION_ID = 0x4e4d5354;

const TABLES = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;

CREATE TABLE folder (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  parent INTEGER NOT NULL REFERENCES folder (id),
  type INTEGER NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  created INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  messages INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0,
  associated INTEGER NOT NULL DEFAULT 0,
  folders INTEGER NOT NULL DEFAULT 0,
  contents_sort TEXT,
  search TEXT,
  props BLOB NOT NULL
);
CREATE UNIQUE INDEX folder_by_name ON folder (parent, name_key) WHERE id <> parent;
CREATE INDEX folder_searching ON folder (id) WHERE search IS NOT NULL;

CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  folder INTEGER REFERENCES folder (id),
  attachment INTEGER REFERENCES attachment (id) ON DELETE CASCADE,
  associated INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 1,
  next_row_id INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  status INTEGER NOT NULL DEFAULT 0,
  size INTEGER NOT NULL,
  has_attach INTEGER NOT NULL,
  created INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  search_key BLOB NOT NULL,
  delivered INTEGER,
  submitted INTEGER,
  class TEXT NOT NULL,
  subject TEXT,
  normalized_subject TEXT,
  sender_name TEXT,
  sender_email TEXT,
  represented_name TEXT,
  display_to TEXT NOT NULL,
  display_cc TEXT NOT NULL,
  display_bcc TEXT NOT NULL,
  importance INTEGER,
  priority INTEGER,
  sensitivity INTEGER,
  internet_id TEXT,
  conversation_topic TEXT,
  conversation_index BLOB,
  deferred_send INTEGER,
  CHECK ((folder IS NULL) <> (attachment IS NULL))
);
CREATE INDEX message_by_delivery ON message (folder, associated, delivered DESC, id);
CREATE INDEX message_by_folder ON message (folder, associated, id);
CREATE UNIQUE INDEX message_by_attachment ON message (attachment) WHERE attachment IS NOT NULL;
CREATE INDEX message_by_internet_id ON message (internet_id) WHERE internet_id IS NOT NULL;
CREATE INDEX message_by_search_key ON message (search_key);

CREATE TABLE message_props (
  message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
  props BLOB NOT NULL
);
CREATE TABLE message_long (
  message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
  props BLOB NOT NULL
);

CREATE TABLE recipient (
  message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  props BLOB NOT NULL,
  PRIMARY KEY (message, position)
) WITHOUT ROWID;

CREATE TABLE attachment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  size INTEGER NOT NULL,
  props BLOB NOT NULL,
  UNIQUE (message, number)
);

CREATE TABLE value (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER REFERENCES message (id) ON DELETE CASCADE,
  attachment INTEGER REFERENCES attachment (id) ON DELETE CASCADE,
  owner TEXT,
  size INTEGER NOT NULL
);
CREATE INDEX value_by_message ON value (message) WHERE message IS NOT NULL;
CREATE INDEX value_by_attachment ON value (attachment) WHERE attachment IS NOT NULL;
CREATE INDEX value_by_owner ON value (owner) WHERE owner IS NOT NULL;

CREATE TABLE chunk (
  value INTEGER NOT NULL REFERENCES value (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (value, number)
);

CREATE TABLE outgoing (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL UNIQUE REFERENCES message (id),
  submit_flags INTEGER NOT NULL,
  lock_owner TEXT,
  lock_until INTEGER,
  lock_from REAL,
  lock_ends REAL,
  lock_number INTEGER NOT NULL,
  state INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  last_attempt INTEGER,
  next_attempt INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  delay_told INTEGER NOT NULL DEFAULT 0,
  reason TEXT,
  history TEXT NOT NULL
);
CREATE INDEX outgoing_locked ON outgoing (lock_owner) WHERE lock_owner IS NOT NULL;
CREATE INDEX outgoing_by_state ON outgoing (state);
CREATE TABLE outgoing_count (state INTEGER PRIMARY KEY, messages INTEGER NOT NULL);
CREATE INDEX outgoing_by_next ON outgoing (next_attempt) WHERE state NOT IN (2, 3);

CREATE TABLE outgoing_recipient (
  message INTEGER NOT NULL REFERENCES outgoing (message) ON DELETE CASCADE,
  row_id INTEGER NOT NULL,
  state INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  responsibility INTEGER NOT NULL,
  reported INTEGER NOT NULL,
  error TEXT,
  added BLOB,
  PRIMARY KEY (message, row_id)
) WITHOUT ROWID;

CREATE TABLE outgoing_past (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL UNIQUE,
  finished INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  submitted INTEGER,
  subject TEXT,
  internet_id TEXT,
  history TEXT NOT NULL
);
CREATE INDEX outgoing_past_by_time ON outgoing_past (finished);

CREATE TABLE received (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  source BLOB NOT NULL UNIQUE
);

CREATE TABLE found (
  folder INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
  message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  unread INTEGER NOT NULL,
  PRIMARY KEY (folder, message)
) WITHOUT ROWID;
CREATE INDEX found_by_message ON found (message);

CREATE TABLE receive_folder (
  class_key TEXT PRIMARY KEY,
  class TEXT NOT NULL,
  folder INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX receive_folder_by_folder ON receive_folder (folder);

CREATE TABLE named_property (
  id INTEGER PRIMARY KEY,
  guid TEXT NOT NULL,
  number INTEGER,
  name TEXT,
  UNIQUE (guid, number),
  UNIQUE (guid, name),
  CHECK ((number IS NULL) <> (name IS NULL))
);

CREATE TABLE journal (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  writer TEXT NOT NULL,
  event TEXT NOT NULL,
  object_type INTEGER NOT NULL,
  object INTEGER NOT NULL,
  parent INTEGER,
  old_object INTEGER,
  old_parent INTEGER,
  detail TEXT
);`;

const COUNTED_IN = `UPDATE folder SET messages = messages + (NEW.associated = 0),
    unread = unread + (NEW.associated = 0 AND NEW.flags & 1 = 0),
    associated = associated + (NEW.associated <> 0) WHERE id = NEW.folder;`;

const COUNTED_OUT = `UPDATE folder SET messages = messages - (OLD.associated = 0),
    unread = unread - (OLD.associated = 0 AND OLD.flags & 1 = 0),
    associated = associated - (OLD.associated <> 0) WHERE id = OLD.folder;`;

const TRIGGERS = `
CREATE TRIGGER message_inserted AFTER INSERT ON message WHEN NEW.folder IS NOT NULL BEGIN ${COUNTED_IN} END;
CREATE TRIGGER message_deleted AFTER DELETE ON message WHEN OLD.folder IS NOT NULL BEGIN ${COUNTED_OUT} END;
CREATE TRIGGER message_updated AFTER UPDATE OF folder, flags, associated ON message
  WHEN OLD.folder IS NOT NEW.folder OR OLD.flags & 1 <> NEW.flags & 1 OR OLD.associated <> NEW.associated
  BEGIN ${COUNTED_OUT} ${COUNTED_IN} END;
CREATE TRIGGER message_read AFTER UPDATE OF flags ON message WHEN OLD.flags & 1 <> NEW.flags & 1 BEGIN
  UPDATE found SET unread = (NEW.flags & 1 = 0) WHERE message = NEW.id;
END;
CREATE TRIGGER found_inserted AFTER INSERT ON found BEGIN
  UPDATE folder SET messages = messages + 1, unread = unread + NEW.unread WHERE id = NEW.folder;
END;
CREATE TRIGGER found_deleted AFTER DELETE ON found BEGIN
  UPDATE folder SET messages = messages - 1, unread = unread - OLD.unread WHERE id = OLD.folder;
END;
CREATE TRIGGER found_read AFTER UPDATE OF unread ON found BEGIN
  UPDATE folder SET unread = unread - OLD.unread + NEW.unread WHERE id = NEW.folder;
END;
CREATE TRIGGER outgoing_inserted AFTER INSERT ON outgoing BEGIN
  INSERT INTO outgoing_count (state, messages) VALUES (NEW.state, 1)
    ON CONFLICT (state) DO UPDATE SET messages = messages + 1;
END;
CREATE TRIGGER outgoing_deleted AFTER DELETE ON outgoing BEGIN
  UPDATE outgoing_count SET messages = messages - 1 WHERE state = OLD.state;
END;
CREATE TRIGGER outgoing_changed AFTER UPDATE OF state ON outgoing WHEN OLD.state <> NEW.state BEGIN
  UPDATE outgoing_count SET messages = messages - 1 WHERE state = OLD.state;
  INSERT INTO outgoing_count (state, messages) VALUES (NEW.state, 1)
    ON CONFLICT (state) DO UPDATE SET messages = messages + 1;
END;
CREATE TRIGGER folder_inserted AFTER INSERT ON folder WHEN NEW.id <> NEW.parent BEGIN
  UPDATE folder SET folders = folders + 1 WHERE id = NEW.parent;
END;
CREATE TRIGGER folder_deleted AFTER DELETE ON folder BEGIN
  UPDATE folder SET folders = folders - 1 WHERE id = OLD.parent;
END;
CREATE TRIGGER folder_moved AFTER UPDATE OF parent ON folder WHEN OLD.parent <> NEW.parent BEGIN
  UPDATE folder SET folders = folders - 1 WHERE id = OLD.parent;
  UPDATE folder SET folders = folders + 1 WHERE id = NEW.parent;
END;`;

/** Step i takes a file from schema i to i + 1. A step that a release has shipped with is never changed. */
export const STORE_MIGRATIONS: readonly string[] = [TABLES + TRIGGERS];
