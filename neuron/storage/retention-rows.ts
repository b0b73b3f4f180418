import type { Database } from 'better-sqlite3';
import type { Position } from '../../schema/log-entry.ts';
import type { EpochMs } from '../../schema/time.ts';

/** Pages that go back to the disk in one turn. */
const VACUUM_PAGES = 200;

export type RetentionRows = ReturnType<typeof retentionRows>;

/** Statements that delete what is old, a slice at a time. */
export function retentionRows(database: Database) {
  // Only a beginning of the chain may go, so that what is left is a chain: up to the row before the first one to keep.
  const lastToGo = database.prepare<[Record<string, number>], { position: Position | null }>(`
    SELECT max(position) AS position FROM observations
    WHERE stream = :stream AND position < coalesce((
      SELECT min(position) FROM (
        SELECT position FROM observations WHERE stream = :stream AND observed_at >= :before
        UNION ALL
        SELECT position FROM (
          SELECT position FROM observations WHERE stream = :stream AND superseded = 0 AND retracted = 0
          ORDER BY observed_at DESC LIMIT :keep))), 0)`);
  const slice = database.prepare<[number, number, number], { position: Position; hash: string }>(
    'SELECT position, hash FROM observations WHERE stream = ? AND position <= ? ORDER BY position LIMIT ?',
  );
  const remove = database.prepare<[number, number]>(
    'DELETE FROM observations WHERE stream = ? AND position <= ?',
  );
  const removePredictions = database.prepare<[number, number]>(`
    DELETE FROM predictions WHERE id IN (
      SELECT p.id FROM predictions p
      WHERE p.made_at < ? AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.prediction = p.id) LIMIT ?)`);

  return {
    /** Position of the last row of a stream that is to go: older than `before`, and not among the newest `keep`. */
    lastToGo: (stream: number, before: EpochMs, keep: number) =>
      lastToGo.get({ stream, before, keep })?.position ?? null,
    /** Deletes up to `limit` of the oldest rows; gives how many, and the hash of the last of them. */
    trim: (stream: number, upTo: Position, limit: number) => {
      const last = slice.all(stream, upTo, limit).at(-1);
      return last ? { removed: remove.run(stream, last.position).changes, hash: last.hash } : undefined;
    },
    /** Deletes up to `limit` answered predictions made before a time; gives how many. */
    trimPredictions: (before: EpochMs, limit: number) => removePredictions.run(before, limit).changes,
    /** Gives some free pages back to the disk; false when there are none left. */
    vacuum: (): boolean => {
      database.pragma(`incremental_vacuum(${VACUUM_PAGES})`);
      return Number(database.pragma('freelist_count', { simple: true })) > 0;
    },
  };
}
