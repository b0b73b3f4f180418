/**
 * The spool's schema, step by step; `user_version` counts the steps done. A step that has been released never changes:
 * append another.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- What is collected, named as its source names it. The server's uuid is known once it has been asked.
  CREATE TABLE streams (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    uuid      TEXT,
    described TEXT NOT NULL
  ) STRICT;
  CREATE INDEX streams_uuid ON streams (uuid);

  -- One row an observation. What is in neither outbox nor refused is in the log.
  CREATE TABLE observations (
    stream       INTEGER NOT NULL REFERENCES streams (id),
    observed_at  INTEGER NOT NULL,
    value        TEXT    NOT NULL,
    provider     TEXT    NOT NULL,
    collected_at INTEGER NOT NULL,
    PRIMARY KEY (stream, observed_at)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX observations_age ON observations (collected_at);

  -- What the server has not answered for yet, in the order it was collected.
  CREATE TABLE outbox (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    stream      INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    UNIQUE (stream, observed_at)
  ) STRICT;

  -- What the server would not take, and why.
  CREATE TABLE refused (
    stream      INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    code        TEXT    NOT NULL,
    message     TEXT    NOT NULL,
    PRIMARY KEY (stream, observed_at)
  ) STRICT, WITHOUT ROWID;

  CREATE TRIGGER observations_dropped AFTER DELETE ON observations BEGIN
    DELETE FROM refused WHERE stream = OLD.stream AND observed_at = OLD.observed_at;
  END;

  -- What sources remember from one run to the next.
  CREATE TABLE memories (
    source TEXT NOT NULL,
    key    TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (source, key)
  ) STRICT, WITHOUT ROWID;
  `,
];
