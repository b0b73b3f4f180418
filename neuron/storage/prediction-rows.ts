import type { Database } from 'better-sqlite3';
import type { CanonicalDecimal } from '../../schema/decimal.ts';
import type { EpochMs } from '../../schema/time.ts';

/** Farthest step ahead that is predicted. */
const MAX_HORIZON = 64;

export interface QuantileValue {
  readonly level: number;
  readonly value: CanonicalDecimal;
}

/** A prediction as the engine makes it; `stream` is the local id. */
export interface NewPrediction {
  readonly stream: number;
  readonly baseHash: string;
  /** When the base was observed, and what it was. */
  readonly baseAt: EpochMs;
  readonly baseValue: CanonicalDecimal;
  readonly horizon: number;
  /** 0, then one more for each time that it is made again from the same base. @default 0 */
  readonly revision?: number;
  readonly value: CanonicalDecimal;
  readonly quantiles: readonly QuantileValue[];
  readonly adapter: string;
  readonly madeAt: EpochMs;
}

/** What was predicted from a base before. */
export interface MadePrediction {
  readonly revision: number;
  readonly value: CanonicalDecimal;
  readonly madeAt: EpochMs;
}

/** A prediction that waits for the server's answer. */
export interface WaitingPrediction {
  readonly id: number;
  readonly streamUuid: string;
  readonly baseHash: string;
  readonly horizon: number;
  readonly value: CanonicalDecimal;
  /** JSON array of `{level, value}`. */
  readonly quantiles: string;
  /** 1 if what it predicts has been observed: the server takes it no more. */
  readonly late: 0 | 1;
}

/** A prediction that the server has. */
export interface TakenPrediction {
  readonly serverId: string;
  readonly streamUuid: string;
  readonly horizon: number;
}

/** The last word on a prediction: `ACCEPTED`, the item's code, or `EXPIRED` where its target came first. */
export interface Answer {
  readonly prediction: number;
  readonly answer: string;
  readonly message: string | null;
  /** The server's id of the prediction, null where it failed. */
  readonly serverId: string | null;
}

export type PredictionRows = ReturnType<typeof predictionRows>;

/** Statements on `predictions` and `outbox`, which only ever change together. */
export function predictionRows(database: Database) {
  const made = database.prepare<[number, string, number], MadePrediction>(`
    SELECT revision, value, made_at AS madeAt FROM predictions
    WHERE stream = ? AND base_hash = ? AND horizon = ? ORDER BY revision DESC LIMIT 1`);
  const insert = database.prepare<[Omit<NewPrediction, 'quantiles'> & { quantiles: string }]>(`
    INSERT INTO predictions
      (stream, base_hash, base_at, base_value, horizon, revision, value, quantiles, adapter, made_at)
    VALUES (:stream, :baseHash, :baseAt, :baseValue, :horizon, :revision, :value, :quantiles, :adapter, :madeAt)
    ON CONFLICT DO NOTHING`);
  const enqueue = database.prepare<[number]>('INSERT INTO outbox (prediction) VALUES (?)');
  const waiting = database.prepare<[number], WaitingPrediction>(`
    SELECT p.id, s.uuid AS streamUuid, p.base_hash AS baseHash, p.horizon, p.value, p.quantiles,
           p.horizon <= (SELECT count(*) FROM (
             SELECT 1 FROM observations o
             WHERE o.stream = p.stream AND o.superseded = 0 AND o.observed_at > p.base_at LIMIT ${MAX_HORIZON}
           )) AS late
    FROM outbox o JOIN predictions p ON p.id = o.prediction JOIN streams s ON s.id = p.stream
    WHERE p.revision = 0 OR NOT EXISTS (
      SELECT 1 FROM predictions e JOIN outbox f ON f.prediction = e.id
      WHERE e.stream = p.stream AND e.base_hash = p.base_hash AND e.horizon = p.horizon AND e.revision < p.revision)
    ORDER BY o.prediction LIMIT ?`);
  const record = database.prepare<[string, string | null, string | null, number, number]>(
    'UPDATE predictions SET answer = ?, message = ?, server_id = ?, answered_at = ? WHERE id = ?',
  );
  const dequeue = database.prepare<[number]>('DELETE FROM outbox WHERE prediction = ?');
  const countWaiting = database.prepare<[], { rows: number }>('SELECT count(*) AS rows FROM outbox');
  const tally = database.prepare<[string]>(`
    INSERT INTO answers (answer, predictions) VALUES (?, 1)
    ON CONFLICT (answer) DO UPDATE SET predictions = predictions + 1`);
  const untally = database.prepare<[string]>(
    'UPDATE answers SET predictions = predictions - 1 WHERE answer = ?',
  );
  const lastTaken = database.prepare<[], TakenPrediction>(`
    SELECT p.server_id AS serverId, s.uuid AS streamUuid, p.horizon
    FROM predictions p JOIN streams s ON s.id = p.stream
    WHERE p.server_id IS NOT NULL ORDER BY p.id DESC LIMIT 1`);
  // Of a stream that went back, also those that have been scored; of others what waits for its target.
  const open = database.prepare<[string], { id: number; answer: string }>(`
    SELECT p.id, p.answer FROM predictions p
    WHERE p.server_id IS NOT NULL AND p.base_at IS NOT NULL
      AND (p.scored_at IS NULL OR p.stream IN (SELECT value FROM json_each(?)))
      AND p.horizon > (SELECT count(*) FROM (
        SELECT 1 FROM observations o
        WHERE o.stream = p.stream AND o.superseded = 0 AND o.observed_at > p.base_at LIMIT ${MAX_HORIZON}))
      AND NOT EXISTS (
        SELECT 1 FROM predictions r
        WHERE r.stream = p.stream AND r.base_hash = p.base_hash AND r.horizon = p.horizon AND r.revision > p.revision)`);
  const forget = database.prepare<[number]>(`
    UPDATE predictions SET answer = NULL, message = NULL, server_id = NULL, answered_at = NULL, absolute_error = NULL,
                           naive_error = NULL, scaled_error = NULL, scored_at = NULL
    WHERE id = ?`);
  const countAnswers = database.prepare<[], { answer: string; predictions: number }>(
    'SELECT answer, predictions FROM answers ORDER BY answer',
  );

  const put = database.transaction((predictions: readonly NewPrediction[]) => {
    let added = 0;
    for (const made of predictions) {
      const quantiles = JSON.stringify(made.quantiles);
      const { changes, lastInsertRowid } = insert.run({ revision: 0, ...made, quantiles });
      if (changes === 0) continue;
      enqueue.run(Number(lastInsertRowid));
      added += 1;
    }
    return added;
  });

  const answer = database.transaction((answers: readonly Answer[], now: EpochMs) => {
    for (const given of answers) {
      record.run(given.answer, given.message, given.serverId, now, given.prediction);
      dequeue.run(given.prediction);
      tally.run(given.answer);
    }
  });

  const reopen = database.transaction((streams: readonly number[]) => {
    const reopened = open.all(JSON.stringify(streams));
    for (const { id, answer: given } of reopened) {
      forget.run(id);
      untally.run(given);
      enqueue.run(id);
    }
    return reopened.length;
  });

  return {
    /** The newest prediction that the server has taken. */
    lastTaken: () => lastTaken.get(),
    /**
     * Puts predictions that the server took back into the outbox, as long as their targets are not stored: the newest of each
     * base, of these streams (local ids) also if they have been scored. Gives how many; the server recognises those that it has.
     */
    reopen: (streams: readonly number[]): number => reopen(streams),
    /** What was predicted last from a base. */
    made: (stream: number, baseHash: string, horizon: number) => made.get(stream, baseHash, horizon),
    /**
     * Puts predictions into the outbox, all or none; gives how many are new. They are on the disk when it returns,
     * power cut or not: nothing is sent that could be forgotten.
     */
    put: (predictions: readonly NewPrediction[]): number => {
      database.pragma('synchronous = FULL');
      try {
        return put(predictions);
      } finally {
        database.pragma('synchronous = NORMAL');
      }
    },
    /** Records answers and lets their predictions leave the outbox, all or none. */
    answer: (answers: readonly Answer[], now: EpochMs): void => answer(answers, now),
    /**
     * The oldest predictions of the outbox. One that was made again waits until the server has answered for the one before:
     * were both in a call whose answer is lost, the first would replace the second for a moment when both are sent again.
     */
    waiting: (limit: number) => waiting.all(limit),
    countWaiting: () => countWaiting.get()?.rows ?? 0,
    /** How many predictions were answered with what. */
    countAnswers: (): Readonly<Record<string, number>> =>
      Object.fromEntries(countAnswers.all().map((row) => [row.answer, row.predictions])),
  };
}
