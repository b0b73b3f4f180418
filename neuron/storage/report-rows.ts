import type { Database } from 'better-sqlite3';
import type { CanonicalDecimal } from '../../schema/decimal.ts';
import type { EpochMs } from '../../schema/time.ts';
import type { LiveScore } from '../selection/live-scores.ts';

/** A prediction with what became of it. */
export interface ReportedPrediction {
  readonly baseHash: string;
  readonly baseAt: EpochMs;
  readonly baseValue: CanonicalDecimal;
  readonly horizon: number;
  readonly value: CanonicalDecimal;
  /** JSON array of `{level, value}`. */
  readonly quantiles: string;
  readonly adapter: string;
  readonly madeAt: EpochMs;
  /** The server's last word, null while it waits for one. */
  readonly answer: string | null;
  /** The server's score; null until it was asked for. */
  readonly absoluteError: CanonicalDecimal | null;
  readonly naiveError: CanonicalDecimal | null;
}

/** An own prediction that the server has a score for by now. */
export interface DueScore {
  readonly id: number;
  readonly stream: number;
  readonly streamUuid: string;
  readonly serverId: string;
}

/** Sums over one stream's newest predictions of the next observation whose target has come. */
export interface LiveErrors {
  readonly scored: number;
  readonly error: number | null;
  readonly naiveError: number | null;
}

const COLUMNS = `p.base_hash AS baseHash, p.base_at AS baseAt, p.base_value AS baseValue, p.horizon, p.value,
  p.quantiles, p.adapter, p.made_at AS madeAt, p.answer, p.absolute_error AS absoluteError,
  p.naive_error AS naiveError`;

export type ReportRows = ReturnType<typeof reportRows>;

/** Statements that look back: for status and dashboard, and for the server's scores. */
export function reportRows(database: Database) {
  const recent = database.prepare<[number, number], ReportedPrediction>(`
    SELECT ${COLUMNS} FROM predictions p
    WHERE p.stream = ? AND p.base_at IS NOT NULL ORDER BY p.id DESC LIMIT ?`);
  const live = database.prepare<[number, number], LiveErrors>(`
    SELECT count(actual) AS scored, sum(abs(value - actual)) AS error, sum(abs(base - actual)) AS naiveError
    FROM (
      SELECT CAST(p.value AS REAL) AS value, CAST(p.base_value AS REAL) AS base, (
               SELECT CAST(o.value AS REAL) FROM observations o
               WHERE o.stream = p.stream AND o.superseded = 0 AND o.retracted = 0 AND o.observed_at > p.base_at
               ORDER BY o.observed_at LIMIT 1) AS actual
      FROM predictions p
      WHERE p.stream = ? AND p.horizon = 1 AND p.base_at IS NOT NULL
        AND (p.revision = 0 OR p.server_id IS NOT NULL) AND NOT EXISTS (
        SELECT 1 FROM predictions r
        WHERE r.stream = p.stream AND r.base_hash = p.base_hash AND r.horizon = 1 AND r.revision > p.revision
          AND r.server_id IS NOT NULL)
      ORDER BY p.id DESC LIMIT ?)
    WHERE actual IS NOT NULL`);
  const scores = database.prepare<[number, number], LiveScore>(`
    SELECT CAST(absolute_error AS REAL) AS absoluteError, CAST(naive_error AS REAL) AS naiveAbsoluteError
    FROM predictions WHERE stream = ? AND absolute_error IS NOT NULL ORDER BY id DESC LIMIT ?`);
  const oldest = database.prepare<[], { madeAt: EpochMs | null }>(
    'SELECT min(p.made_at) AS madeAt FROM outbox o JOIN predictions p ON p.id = o.prediction',
  );
  const due = database.prepare<[number], DueScore>(`
    SELECT max(p.id) AS id, p.stream, s.uuid AS streamUuid, p.server_id AS serverId
    FROM predictions p JOIN streams s ON s.id = p.stream
    WHERE p.server_id IS NOT NULL AND p.scored_at IS NULL AND p.base_at IS NOT NULL
      AND p.horizon <= (SELECT count(*) FROM (
        SELECT 1 FROM observations o
        WHERE o.stream = p.stream AND o.superseded = 0 AND o.observed_at > p.base_at LIMIT 64))
    GROUP BY p.server_id ORDER BY 1 DESC LIMIT ?`);
  const score = database.prepare<[string | null, string | null, number | null, number, number]>(
    'UPDATE predictions SET absolute_error = ?, naive_error = ?, scaled_error = ?, scored_at = ? WHERE id = ?',
  );
  // One that was made again, from the same base or a corrected one, has the same id at the server: only the last of them is scored.
  const superseded = database.prepare<[number, number, string]>(
    'UPDATE predictions SET scored_at = ? WHERE stream = ? AND server_id = ? AND scored_at IS NULL',
  );

  return {
    /** The newest predictions of a stream, newest first. */
    recent: (stream: number, limit: number) => recent.all(stream, limit),
    /**
     * How the newest `limit` predictions of a stream did, by what was observed here. Of one that was made again the last that
     * the server took counts.
     */
    live: (stream: number, limit: number): LiveErrors =>
      live.get(stream, limit) ?? { scored: 0, error: null, naiveError: null },
    /** The server's scores of the newest predictions of a stream that have one, the oldest first. */
    newestScores: (stream: number, limit: number): LiveScore[] => scores.all(stream, limit).reverse(),
    /** When the oldest prediction of the outbox was made; null if it is empty. */
    oldestWaiting: () => oldest.get()?.madeAt ?? null,
    /** Predictions that the server must have a score for, newest first. */
    dueScores: (limit: number) => due.all(limit),
    /** Keeps the server's score of a prediction; nulls where it has none. */
    score: (
      { id, stream, serverId }: DueScore,
      given: { absoluteError: string; naiveError: string; scaledError: number } | null,
      now: EpochMs,
    ) => {
      score.run(given?.absoluteError ?? null, given?.naiveError ?? null, given?.scaledError ?? null, now, id);
      superseded.run(now, stream, serverId);
    },
  };
}
