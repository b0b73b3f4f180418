import type { Database } from 'better-sqlite3';
import type { CanonicalDecimal } from '../../schema/decimal.ts';
import type { Position } from '../../schema/log-entry.ts';
import type { EpochMs } from '../../schema/time.ts';

/** One revision of an observation. */
export interface ObservationRow {
  readonly position: Position;
  readonly observedAt: EpochMs;
  readonly value: CanonicalDecimal;
  readonly hash: string;
  readonly provider: string;
  readonly revision: number;
  /** 1 for the tombstone of a retraction: SQLite has no booleans. */
  readonly retracted: 0 | 1;
}

const COLUMNS = 'position, observed_at AS observedAt, value, hash, provider, revision, retracted';

export type ObservationRows = ReturnType<typeof observationRows>;

/** Statements on the table `observations`; `stream` is the local id. */
export function observationRows(database: Database) {
  const insert = database.prepare<[number, number, number, string, string, string, number, number]>(`
    INSERT INTO observations (stream, position, observed_at, value, hash, provider, revision, retracted)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const supersede = database.prepare<[number, number, number]>(`
    UPDATE observations SET superseded = 1
    WHERE stream = ? AND observed_at = ? AND superseded = 0 AND position < ?`);
  const present = database.prepare<[number, number], ObservationRow>(`
    SELECT ${COLUMNS} FROM observations
    WHERE stream = ? AND superseded = 0 AND retracted = 0 ORDER BY observed_at DESC LIMIT ?`);
  const count = database.prepare<[number, number, number], { all: number; newer: number }>(`
    SELECT count(*) AS "all", coalesce(sum(observed_at > ?), 0) AS newer FROM (
      SELECT observed_at FROM observations
      WHERE stream = ? AND superseded = 0 AND retracted = 0 ORDER BY observed_at DESC LIMIT ?)`);
  const since = database.prepare<[number, number, number], ObservationRow>(`
    SELECT ${COLUMNS} FROM observations WHERE stream = ? AND position > ? ORDER BY position LIMIT ?`);

  return {
    /** Stores a revision; what it replaces is superseded. */
    add: (stream: number, row: ObservationRow) => {
      insert.run(
        stream,
        row.position,
        row.observedAt,
        row.value,
        row.hash,
        row.provider,
        row.revision,
        row.retracted,
      );
      if (row.revision > 0) supersede.run(stream, row.observedAt, row.position);
    },
    /** The newest `limit` observations that stand, oldest first. */
    present: (stream: number, limit: number) => present.all(stream, limit).reverse(),
    /** The newest observation that stands: what a prediction is made from. */
    newest: (stream: number) => present.get(stream, 1),
    /** How many of the newest `limit` observations there are, and how many of them are newer than a time. */
    count: (stream: number, after: EpochMs, limit: number) =>
      count.get(Math.max(after, Number.MIN_SAFE_INTEGER), stream, limit) ?? { all: 0, newer: 0 },
    /** Revisions after a position, in log order. */
    since: (stream: number, position: Position, limit: number) => since.all(stream, position, limit),
  };
}
