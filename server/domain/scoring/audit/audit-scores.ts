import type pg from 'pg';
import { PresageError } from '../../../../schema/errors.ts';
import type { Position } from '../../../../schema/log-entry.ts';
import { asError } from '../../../storage/errors.ts';
import { exact } from './exact.ts';
import { readStored, readStreamLog, type StoredScore } from './read-log.ts';
import { type ExpectedScore, replay } from './replay.ts';

/** A score that is not what the log says. */
interface Difference {
  readonly stream: string;
  readonly predictionId: Position;
  readonly what: string;
}

/** What an audit of one tenant found. */
export interface AuditReport {
  readonly tenant: string;
  /** The log's positions up to which scores were compared: as far as the scorer has come. */
  readonly through: Position;
  readonly streams: number;
  readonly predictions: number;
  readonly scores: number;
  readonly differences: number;
  /** The first of them. */
  readonly first: readonly Difference[];
}

/** Differences that are kept for being shown. */
const SHOWN = 20;
/** Ratios may differ by this part of themselves: they are computed in another arithmetic. */
const TOLERANCE = 1e-9;

/** Recomputes every score of a tenant from its log and compares, as of one instant. */
export async function auditScores(pool: pg.Pool, tenant: string): Promise<AuditReport> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const report = await audit(client, tenant);
    await client.query('COMMIT');
    return report;
  } catch (error) {
    broken = asError(error);
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The tenant of that name, or all. Throws `NOT_FOUND`. */
export async function tenantsToAudit(pool: pg.Pool, only: string | undefined): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT name FROM tenants WHERE $1::text IS NULL OR name = $1 ORDER BY name',
    [only ?? null],
  );
  if (only !== undefined && rows.length === 0) {
    throw new PresageError('NOT_FOUND', `There is no tenant "${only.slice(0, 60)}".`);
  }
  return rows.map(({ name }) => name);
}

async function audit(client: pg.PoolClient, tenant: string): Promise<AuditReport> {
  const { rows: consumers } = await client.query<{ position: number }>(
    "SELECT position::float8 AS position FROM log_consumers WHERE tenant = $1 AND name = 'scorer'",
    [tenant],
  );
  const through = consumers[0]?.position ?? 0;
  const { rows: streams } = await client.query<{ id: number; name: string }>(
    `SELECT id, name FROM streams s WHERE tenant = $1
        AND (EXISTS (SELECT 1 FROM predictions p WHERE p.stream_id = s.id)
             OR EXISTS (SELECT 1 FROM targets t WHERE t.stream_id = s.id)) ORDER BY id`,
    [tenant],
  );
  let predictions = 0;
  let scores = 0;
  const differences: Difference[] = [];
  // One stream at a time, so that one has to fit into memory and not all.
  for (const { id, name } of streams) {
    const log = await readStreamLog(client, id, through);
    const { scores: expected, late } = replay(log);
    const stored = await readStored(client, tenant, id);
    predictions += log.filter(({ topic }) => topic === 'prediction').length;
    scores += stored.size;
    for (const { predictionId, what } of compare(expected, late, stored)) {
      differences.push({ stream: name, predictionId, what });
    }
  }
  const found = { differences: differences.length, first: differences.slice(0, SHOWN) };
  return { tenant, through, streams: streams.length, predictions, scores, ...found };
}

function* compare(
  expected: ReadonlyMap<Position, ExpectedScore>,
  late: readonly Position[],
  stored: ReadonlyMap<Position, StoredScore>,
): Generator<{ predictionId: Position; what: string }> {
  for (const predictionId of late) yield { predictionId, what: 'was accepted after its target' };
  for (const [predictionId, score] of expected) {
    const found = stored.get(predictionId);
    const what = found ? differenceOf(score, found) : 'has no score';
    if (what) yield { predictionId, what };
  }
  for (const predictionId of stored.keys()) {
    if (!expected.has(predictionId)) yield { predictionId, what: 'has a score without a target' };
  }
}

function differenceOf(score: ExpectedScore, stored: StoredScore): string | undefined {
  if (score.targetPosition !== stored.targetPosition) {
    return `is scored against position ${stored.targetPosition}, not ${score.targetPosition}`;
  }
  if (score.absoluteError !== exact(stored.absoluteError))
    return `has the absolute error ${stored.absoluteError}`;
  if (score.naiveError !== exact(stored.naiveError)) return `has the naive error ${stored.naiveError}`;
  if (!close(score.scaledError, stored.scaledError)) {
    return `has the scaled error ${stored.scaledError}, not ${score.scaledError}`;
  }
  if (score.crps === null || stored.crps === null) {
    return score.crps === stored.crps ? undefined : `has the CRPS ${stored.crps}, not ${score.crps}`;
  }
  return close(score.crps, stored.crps) ? undefined : `has the CRPS ${stored.crps}, not ${score.crps}`;
}

function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b), TOLERANCE);
}
