-- The ledger: what the company meant to do (written first), and how far it got (written after).
PRAGMA user_version = 1;

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);

-- Day 0 is the first load; day 1 is the start date. counters: JSON, table -> last id taken by the end of the day.
-- first_event: the sequence of the day's first event, which the next one has when the day has none.
CREATE TABLE days (day INTEGER PRIMARY KEY, date TEXT NOT NULL, counters TEXT NOT NULL, first_event INTEGER NOT NULL);

-- script: the SQL that does it, from BEGIN to COMMIT or ROLLBACK.
CREATE TABLE transactions (
  number INTEGER PRIMARY KEY,
  day INTEGER NOT NULL,
  occurred_at TEXT NOT NULL,
  action TEXT NOT NULL,
  rolled_back INTEGER NOT NULL,
  script TEXT NOT NULL
);

-- key: JSON array, the primary key before the change (of an insert: after). row: JSON object, NULL after a delete.
-- columns: names that an update sets, divided by commas.
CREATE TABLE changes (
  number INTEGER NOT NULL,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  table_name TEXT NOT NULL,
  key TEXT NOT NULL,
  row TEXT,
  columns TEXT NOT NULL,
  PRIMARY KEY (number, position)
) WITHOUT ROWID;

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY,
  day INTEGER NOT NULL,
  topic TEXT NOT NULL,
  event_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  variety TEXT NOT NULL,
  reason TEXT NOT NULL,
  producer TEXT NOT NULL,
  payload BLOB NOT NULL
);

-- One row per event whose publishing was answered. message_id is NULL where Pub/Sub refused.
CREATE TABLE publications (sequence INTEGER PRIMARY KEY, message_id TEXT);

-- An attempt to publish that was never answered: the message may be on the topic once more than publications say.
CREATE TABLE uncertain_publications (sequence INTEGER NOT NULL);

-- committed: last transaction known to be in Postgres. published: last event answered. publishing: last event of the
-- request that is under way.
CREATE TABLE progress (committed INTEGER NOT NULL, published INTEGER NOT NULL, publishing INTEGER NOT NULL);
INSERT INTO progress VALUES (0, 0, 0);
