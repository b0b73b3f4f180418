import type { Database } from 'better-sqlite3';
import type { CanonicalDecimal } from '../../schema/decimal.ts';
import type { EpochMs } from '../../schema/time.ts';

/** A row of another neuron's file: as it was, and what could be read of it. */
export interface ImportedRow {
  readonly ts: string;
  readonly value: string;
  readonly hash: string;
  readonly provider: string;
  /** How often it was there. */
  readonly copies: number;
  readonly observedAt: EpochMs | null;
  readonly decimal: CanonicalDecimal | null;
}

export type ImportRows = ReturnType<typeof importRows>;

/** Statements on what was imported. It is never sent anywhere: it only lengthens the history that models see. */
export function importRows(database: Database) {
  const addStream = database.prepare<[string, string | null], { id: number }>(`
    INSERT INTO imported_streams (uuid, facts) VALUES (?, ?)
    ON CONFLICT (uuid) DO UPDATE SET facts = coalesce(excluded.facts, facts) RETURNING id`);
  const factsOf = database.prepare<[string], { facts: string | null }>(
    'SELECT facts FROM imported_streams WHERE uuid = ?',
  );
  const add = database.prepare<[ImportedRow & { stream: number }]>(`
    INSERT INTO imported_rows (stream, ts, value, hash, provider, observed_at, decimal, copies)
    VALUES (:stream, :ts, :value, :hash, :provider, :observedAt, :decimal, :copies)
    ON CONFLICT DO UPDATE SET copies = excluded.copies WHERE excluded.copies > copies`);
  const readable = database.prepare<[string], { rows: number }>(`
    SELECT count(*) AS rows FROM imported_rows r JOIN imported_streams s ON s.id = r.stream
    WHERE s.uuid = ? AND r.observed_at IS NOT NULL AND r.decimal IS NOT NULL`);
  // Where a time came more than once, the row with the greatest text is as good as any, and always the same.
  const before = database.prepare<[string, number, number], { observedAt: EpochMs; decimal: string }>(`
    SELECT r.observed_at AS observedAt, max(r.decimal) AS decimal
    FROM imported_rows r JOIN imported_streams s ON s.id = r.stream
    WHERE s.uuid = ? AND r.observed_at < ? AND r.observed_at IS NOT NULL AND r.decimal IS NOT NULL
    GROUP BY r.observed_at ORDER BY r.observed_at DESC LIMIT ?`);

  return {
    /** Remembers a stream of another file, with what that says about it, a line of JSON a row; gives its id among the imported. */
    addStream: (uuid: string, facts: string | null): number => addStream.get(uuid, facts)?.id ?? 0,
    /** What the other file said about a stream; null if it said nothing, or there was none. */
    factsOf: (uuid: string) => factsOf.get(uuid)?.facts ?? null,
    /** Keeps a row; false if it is there already. */
    add: (stream: number, row: ImportedRow): boolean => add.run({ stream, ...row }).changes > 0,
    /** Rows of a stream that can be read. */
    readable: (uuid: string) => readable.get(uuid)?.rows ?? 0,
    /** The newest `limit` readable rows of a stream before a time, oldest first. */
    before: (uuid: string, time: EpochMs, limit: number) => before.all(uuid, time, limit).reverse(),
  };
}
