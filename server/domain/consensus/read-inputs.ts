import type pg from 'pg';
import type { CanonicalDecimal } from '../../../schema/decimal.ts';
import type {
  ObservationDocument,
  Position,
  QuantileDocument,
  StreamDocument,
} from '../../../schema/log-entry.ts';
import { type ObservationRow, observationColumns, toObservation } from '../observation/observation-row.ts';
import { recentErrors } from '../scoring/recent-errors.ts';
import type { PastForecast } from './gate.ts';
import type { PastMemory } from './past-memory.ts';
import { COMBINATION } from './settings.ts';
import { leadersOf, NO_RECORD, type PeerRecord, weightsOf } from './weights.ts';

/** What a peer predicts of a stream's next observation. */
interface PeerPrediction {
  readonly peerId: number;
  readonly value: CanonicalDecimal;
  readonly quantiles: readonly QuantileDocument[];
}

/** Where the inputs come from. */
export interface InputSource {
  readonly pool: pg.Pool;
  readonly memory: PastMemory;
  readonly tenant: string;
  readonly consensusPeerId: number;
}

/** All that a stream's consensus is made of. */
export interface ConsensusInput {
  readonly base: ObservationDocument;
  readonly predictions: readonly PeerPrediction[];
  readonly records: ReadonlyMap<number, PeerRecord>;
  /** In order, the newest last. */
  readonly past: readonly PastForecast[];
  /** What the peers of most weight forecast of each of those. */
  readonly histories: ReadonlyMap<number, readonly number[]>;
}

/** A stream whose consensus may have changed. */
interface ChangedStream {
  readonly id: number;
  /** Whether its past has: something older was revised, or came late. */
  readonly disturbed: boolean;
}

/** Streams whose consensus, or what it is learned from, may have changed by what entered the log after `after` up to `through`. */
export async function changedStreams(
  pool: pg.Pool,
  range: { tenant: string; after: Position; through: Position; consensusPeerId: number },
): Promise<readonly ChangedStream[]> {
  const { tenant, after, through, consensusPeerId } = range;
  const { rows } = await pool.query<ChangedStream>({
    text: `WITH arrived AS MATERIALIZED (
             SELECT stream_id, bool_or(revision > 0 OR observed_at < newest) AS disturbed, min(observed_at) AS oldest
               FROM (SELECT stream_id, observed_at, revision,
                            max(observed_at) OVER (PARTITION BY stream_id ORDER BY position
                                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest
                       FROM observations WHERE tenant = $1 AND position > $2 AND position <= $3) AS o
              GROUP BY stream_id
           ), changed AS (
             SELECT stream_id, FALSE AS disturbed FROM predictions
              WHERE tenant = $1 AND position > $2 AND position <= $3 AND horizon = 1 AND peer_id <> $4
              UNION ALL SELECT stream_id, FALSE FROM scores
              WHERE tenant = $1 AND position > $2 AND position <= $3 AND horizon = 1
              -- Nothing is added to the position so that it is no reason to read the stream by it, from its beginning.
              UNION ALL SELECT a.stream_id, TRUE FROM arrived a
               LEFT JOIN LATERAL (SELECT x.observed_at AS newest FROM observations x
                                   WHERE x.stream_id = a.stream_id AND x.position + 0 <= $2
                                   ORDER BY x.observed_at DESC LIMIT 1) AS before ON TRUE
              WHERE a.disturbed OR a.oldest < before.newest)
           SELECT stream_id AS id, bool_or(disturbed) AS disturbed FROM changed GROUP BY stream_id`,
    values: [tenant, after, through, consensusPeerId],
  });
  return rows;
}

/**
 * What the consensus of these streams is made of now. Left out are streams that nobody predicts the next observation of,
 * and those whose newest observation is retracted: their target has been in the log already.
 */
export async function readInputs(
  { pool, memory, tenant, consensusPeerId }: InputSource,
  streams: ReadonlyMap<number, StreamDocument>,
): Promise<readonly ConsensusInput[]> {
  const ids = [...streams.keys()];
  const bases = await readBases(pool, ids, consensusPeerId);
  const predicted = bases.map(({ o }) => o.streamId);
  const [errors, past] = await Promise.all([
    recentErrors(pool, predicted, COMBINATION.window),
    memory.targets(tenant, predicted),
  ]);
  const errorsOf = grouped(errors, ({ streamServerId }) => streamServerId);
  const inputs = bases.map(({ o, predictions }) => ({
    base: toObservation(o, streams),
    predictions: predictions.map(({ peerId, value, levels, values }) => ({
      ...{ peerId, value },
      quantiles: levels.map((level, index) => ({ level, value: values?.[index] ?? '0' })),
    })),
    records: new Map(
      (errorsOf.get(o.streamId) ?? []).map(({ peerId, scored, errorSum, naiveSum }) => [
        peerId,
        { scored, errorSum: Number(errorSum), naiveSum: Number(naiveSum) },
      ]),
    ),
    past: past.get(o.streamId) ?? [],
  }));
  const histories = await memory.histories(
    new Map(inputs.map((input) => [input.base.stream.serverId, leadersAmong(input)])),
  );
  return inputs.map((input) => ({
    ...input,
    histories: histories.get(input.base.stream.serverId) ?? new Map(),
  }));
}

/** The peers whose histories count. */
function leadersAmong({ predictions, records }: Omit<ConsensusInput, 'histories'>): readonly number[] {
  const weights = weightsOf(
    predictions.map(({ peerId }) => records.get(peerId) ?? NO_RECORD),
    COMBINATION,
  );
  return leadersOf(weights, COMBINATION.leaders).flatMap((index) => predictions[index]?.peerId ?? []);
}

interface BaseRow {
  readonly o: ObservationRow;
  readonly predictions: readonly {
    readonly peerId: number;
    readonly value: string;
    readonly levels: readonly number[];
    readonly values: readonly string[] | null;
  }[];
}

async function readBases(
  pool: pg.Pool,
  ids: readonly number[],
  consensusPeerId: number,
): Promise<readonly BaseRow[]> {
  const { rows } = await pool.query<BaseRow>({
    text: `SELECT ${observationColumns('o')} AS o, p.predictions
             FROM unnest($1::int[]) AS w(stream_id)
            CROSS JOIN LATERAL (SELECT * FROM observations n WHERE n.stream_id = w.stream_id
                                 ORDER BY n.observed_at DESC, n.revision DESC LIMIT 1) AS o
            CROSS JOIN LATERAL (
              SELECT json_agg(json_build_object(
                       'peerId', p.peer_id, 'value', trim_scale(p.value)::text, 'levels', p.quantile_levels,
                       'values', (SELECT array_agg(trim_scale(q)::text ORDER BY i)
                                    FROM unnest(p.quantile_values) WITH ORDINALITY AS u(q, i)))
                     ORDER BY p.peer_id) AS predictions
                FROM predictions p
               WHERE p.stream_id = o.stream_id AND p.base_observed_at = o.observed_at AND p.horizon = 1
                 AND p.superseded_at IS NULL AND p.peer_id <> $2) AS p
            WHERE NOT o.retracted AND p.predictions IS NOT NULL`,
    values: [ids, consensusPeerId],
  });
  return rows;
}

function grouped<T>(rows: readonly T[], keyOf: (row: T) => number): ReadonlyMap<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}
