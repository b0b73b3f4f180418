import type { Database } from 'better-sqlite3';
import { NeuronError } from '../errors.ts';

/**
 * The store's schema, step by step; `user_version` counts the steps done. A step that has been released never
 * changes: append another.
 */
const MIGRATIONS: readonly string[] = [
  `
  -- One row a stream, named by the server's uuid. id only keeps the other tables small.
  CREATE TABLE streams (
    id              INTEGER PRIMARY KEY,
    uuid            TEXT    NOT NULL UNIQUE,
    server_id       INTEGER NOT NULL,
    name            TEXT    NOT NULL,
    author          TEXT,
    secondary       TEXT,
    target          TEXT,
    meta            TEXT,
    description     TEXT,
    tags            TEXT    NOT NULL DEFAULT '[]',
    cadence_seconds REAL,
    last_synced     INTEGER,
    last_position   INTEGER NOT NULL DEFAULT 0,
    stored          INTEGER NOT NULL DEFAULT 0,
    chain_hash      TEXT    NOT NULL DEFAULT '',
    chain_breaks    INTEGER NOT NULL DEFAULT 0,
    first_break     INTEGER
  ) STRICT;

  -- Every revision in log order. A later one supersedes the earlier of the same time.
  CREATE TABLE observations (
    stream      INTEGER NOT NULL REFERENCES streams (id),
    position    INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    value       TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    retracted   INTEGER NOT NULL,
    superseded  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (stream, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX observations_present ON observations (stream, observed_at) WHERE superseded = 0;

  -- Every prediction made, and in the end the server's answer to it.
  CREATE TABLE predictions (
    id          INTEGER PRIMARY KEY,
    stream      INTEGER NOT NULL REFERENCES streams (id),
    base_hash   TEXT    NOT NULL,
    horizon     INTEGER NOT NULL,
    value       TEXT    NOT NULL,
    quantiles   TEXT    NOT NULL DEFAULT '[]',
    adapter     TEXT    NOT NULL,
    made_at     INTEGER NOT NULL,
    answer      TEXT,
    message     TEXT,
    server_id   TEXT,
    answered_at INTEGER,
    UNIQUE (stream, base_hash, horizon)
  ) STRICT;

  -- Predictions that the server has not answered yet.
  CREATE TABLE outbox (
    prediction INTEGER PRIMARY KEY REFERENCES predictions (id)
  ) STRICT;

  -- How many predictions were answered with what: kept, because counting them takes longer with every day.
  CREATE TABLE answers (
    answer      TEXT    PRIMARY KEY,
    predictions INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE state (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Whether the server listed it as one to follow, and how often its chain was mended by fetching it again.
  ALTER TABLE streams ADD COLUMN followed INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE streams ADD COLUMN chain_repairs INTEGER NOT NULL DEFAULT 0;
  -- Set while rows up to this position are being fetched again, and where the chain of what is stored begins.
  ALTER TABLE streams ADD COLUMN repair_until INTEGER;
  ALTER TABLE streams ADD COLUMN anchor_hash TEXT NOT NULL DEFAULT '';
  -- 1 for a row that does not follow the one before it at the server either.
  ALTER TABLE observations ADD COLUMN breaks INTEGER NOT NULL DEFAULT 0;

  -- What a prediction was made from, so that its deadline and its error need no look at the chain; and its score.
  ALTER TABLE predictions ADD COLUMN base_at INTEGER;
  ALTER TABLE predictions ADD COLUMN base_value TEXT;
  ALTER TABLE predictions ADD COLUMN absolute_error TEXT;
  ALTER TABLE predictions ADD COLUMN naive_error TEXT;
  ALTER TABLE predictions ADD COLUMN scaled_error REAL;
  ALTER TABLE predictions ADD COLUMN scored_at INTEGER;
  CREATE INDEX predictions_of_stream ON predictions (stream, id);
  CREATE INDEX predictions_unscored ON predictions (stream, base_at)
    WHERE server_id IS NOT NULL AND scored_at IS NULL;

  -- Rows of another neuron's file as they were, and what could be read of them: history before the server's.
  CREATE TABLE imported_streams (
    id    INTEGER PRIMARY KEY,
    uuid  TEXT    NOT NULL UNIQUE,
    facts TEXT
  ) STRICT;
  CREATE TABLE imported_rows (
    stream      INTEGER NOT NULL REFERENCES imported_streams (id),
    ts          TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    observed_at INTEGER,
    decimal     TEXT,
    copies      INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (stream, ts, value, hash, provider)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX imported_rows_read ON imported_rows (stream, observed_at)
    WHERE observed_at IS NOT NULL AND decimal IS NOT NULL;
  `,
  `
  -- The newest scores of a stream, which its model is made with.
  CREATE INDEX predictions_scored ON predictions (stream, id) WHERE absolute_error IS NOT NULL;
  `,
  `
  -- A prediction may be made again from the same base: each of them has a row, numbered from 0.
  CREATE TABLE revised (
    id             INTEGER PRIMARY KEY,
    stream         INTEGER NOT NULL REFERENCES streams (id),
    base_hash      TEXT    NOT NULL,
    base_at        INTEGER,
    base_value     TEXT,
    horizon        INTEGER NOT NULL,
    revision       INTEGER NOT NULL DEFAULT 0,
    value          TEXT    NOT NULL,
    quantiles      TEXT    NOT NULL DEFAULT '[]',
    adapter        TEXT    NOT NULL,
    made_at        INTEGER NOT NULL,
    answer         TEXT,
    message        TEXT,
    server_id      TEXT,
    answered_at    INTEGER,
    absolute_error TEXT,
    naive_error    TEXT,
    scaled_error   REAL,
    scored_at      INTEGER,
    UNIQUE (stream, base_hash, horizon, revision)
  ) STRICT;
  INSERT INTO revised (id, stream, base_hash, base_at, base_value, horizon, value, quantiles, adapter, made_at, answer,
                       message, server_id, answered_at, absolute_error, naive_error, scaled_error, scored_at)
  SELECT id, stream, base_hash, base_at, base_value, horizon, value, quantiles, adapter, made_at, answer,
         message, server_id, answered_at, absolute_error, naive_error, scaled_error, scored_at FROM predictions;
  CREATE TABLE waiting (prediction INTEGER PRIMARY KEY) STRICT;
  INSERT INTO waiting SELECT prediction FROM outbox;
  DROP TABLE outbox;
  DROP TABLE predictions;
  ALTER TABLE revised RENAME TO predictions;
  CREATE TABLE outbox (
    prediction INTEGER PRIMARY KEY REFERENCES predictions (id)
  ) STRICT;
  INSERT INTO outbox SELECT prediction FROM waiting;
  DROP TABLE waiting;
  CREATE INDEX predictions_of_stream ON predictions (stream, id);
  CREATE INDEX predictions_unscored ON predictions (stream, base_at)
    WHERE server_id IS NOT NULL AND scored_at IS NULL;
  CREATE INDEX predictions_scored ON predictions (stream, id) WHERE absolute_error IS NOT NULL;
  `,
];

/**
 * Brings a database to the newest schema, or that of its first `steps`. Throws `STORE_TOO_NEW` if a later version of Presage
 * wrote it.
 */
export function migrate(database: Database, steps = MIGRATIONS.length): void {
  const done = Number(database.pragma('user_version', { simple: true }));
  if (done > MIGRATIONS.length) {
    throw new NeuronError(
      'STORE_TOO_NEW',
      `"${database.name}" has schema ${done}, this Presage knows up to ${MIGRATIONS.length}; run the newer Presage, or use another data directory.`,
    );
  }
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < done || index >= steps) continue;
    database.transaction(() => {
      database.exec(sql);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}
