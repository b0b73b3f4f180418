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

/** What of a stored row is needed to verify the chain. */
export interface StoredLink {
  readonly position: Position;
  readonly observedAt: EpochMs;
  readonly value: CanonicalDecimal;
  readonly hash: string;
  /** 1 if it does not follow the row before it at the server either. */
  readonly breaks: 0 | 1;
}

/** When a row that stands was observed, and its value. */
export type PresentValue = readonly [observedAt: EpochMs, value: CanonicalDecimal];

const COLUMNS = 'position, observed_at AS observedAt, value, hash, provider, revision, retracted';

export type ObservationRows = ReturnType<typeof observationRows>;

/** Statements on the table `observations`; `stream` is the local id. */
export function observationRows(database: Database) {
  const insert = database.prepare<[number, number, number, string, string, string, number, number, number]>(`
    INSERT INTO observations (stream, position, observed_at, value, hash, provider, revision, retracted, breaks)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const supersede = database.prepare<[number, number, number]>(`
    UPDATE observations SET superseded = 1
    WHERE stream = ? AND observed_at = ? AND superseded = 0 AND position < ?`);
  const present = database.prepare<[number, number], ObservationRow>(`
    SELECT ${COLUMNS} FROM observations
    WHERE stream = ? AND superseded = 0 AND retracted = 0 ORDER BY observed_at DESC LIMIT ?`);
  const values = database
    .prepare<[number, number, number], PresentValue>(`
      SELECT observed_at, value FROM observations
      WHERE stream = ? AND superseded = 0 AND retracted = 0 AND observed_at < ?
      ORDER BY observed_at DESC LIMIT ?`)
    .raw();
  const links = database.prepare<[number, number, number], StoredLink>(`
    SELECT position, observed_at AS observedAt, value, hash, breaks FROM observations
    WHERE stream = ? AND position > ? ORDER BY position LIMIT ?`);
  const removeAfter = database.prepare<[number, number]>(
    'DELETE FROM observations WHERE stream = ? AND position > ?',
  );
  const lastUpTo = database.prepare<[number, number], { position: Position; hash: string }>(
    'SELECT position, hash FROM observations WHERE stream = ? AND position <= ? ORDER BY position DESC LIMIT 1',
  );
  const restore = database.prepare<[{ stream: number }]>(`
    UPDATE observations AS o SET superseded = 0
    WHERE o.stream = :stream AND o.superseded = 1 AND NOT EXISTS (
      SELECT 1 FROM observations n
      WHERE n.stream = :stream AND n.observed_at = o.observed_at AND n.position > o.position)`);
  const newer = database.prepare<[number, number], { rows: number }>(`
    SELECT count(*) AS rows FROM observations
    WHERE stream = ? AND superseded = 0 AND retracted = 0 AND observed_at > ?`);
  const since = database.prepare<[number, number, number], ObservationRow>(`
    SELECT ${COLUMNS} FROM observations WHERE stream = ? AND position > ? ORDER BY position LIMIT ?`);

  const behind = database.prepare<[number, number, number], { rows: number }>(`
    SELECT count(*) AS rows FROM (SELECT 1 FROM observations WHERE stream = ? AND position > ? LIMIT ?)`);

  return {
    /** Stores a revision; what it replaces is superseded. */
    add: (stream: number, row: ObservationRow, breaks: 0 | 1 = 0) => {
      insert.run(
        stream,
        row.position,
        row.observedAt,
        row.value,
        row.hash,
        row.provider,
        row.revision,
        row.retracted,
        breaks,
      );
      if (row.revision > 0) supersede.run(stream, row.observedAt, row.position);
    },
    /** The newest `limit` observations that stand, oldest first. */
    present: (stream: number, limit: number) => present.all(stream, limit).reverse(),
    /** The newest `limit` that stand and were observed before a time, oldest first: no more of them than a forecast needs. */
    values: (stream: number, before: EpochMs, limit: number): PresentValue[] =>
      values.all(stream, before, limit).reverse(),
    /** The newest observation that stands: what a prediction is made from. */
    newest: (stream: number) => present.get(stream, 1),
    /** How many observations that stand are newer than a time. */
    newer: (stream: number, after: EpochMs) =>
      newer.get(stream, Math.max(after, Number.MIN_SAFE_INTEGER))?.rows ?? 0,
    /** Links of the stored chain after a position, in log order. */
    links: (stream: number, position: Position, limit: number) => links.all(stream, position, limit),
    /** The newest row up to a position. */
    lastUpTo: (stream: number, position: Position) => lastUpTo.get(stream, position),
    /** Takes back everything after a position; gives how many rows that were. */
    removeAfter: (stream: number, position: Position): number => {
      const { changes } = removeAfter.run(stream, position);
      restore.run({ stream });
      return changes;
    },
    /** Whether there are at least `rows` revisions after a position. */
    isBehind: (stream: number, position: Position, rows: number) =>
      behind.get(stream, position, rows)?.rows === rows,
    /** Revisions after a position, in log order. */
    since: (stream: number, position: Position, limit: number) => since.all(stream, position, limit),
  };
}
