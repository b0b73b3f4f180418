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
import type { PeerRecord } from './weights.ts';

/** What a peer predicts of a stream's next observation. */
interface PeerPrediction {
  readonly peerId: number;
  readonly value: CanonicalDecimal;
  readonly quantiles: readonly QuantileDocument[];
}

/** All that a stream's consensus is made of. */
export interface ConsensusInput {
  readonly base: ObservationDocument;
  readonly predictions: readonly PeerPrediction[];
  readonly records: ReadonlyMap<number, PeerRecord>;
  /** In order, the newest last. */
  readonly past: readonly PastForecast[];
}

/** Streams whose consensus may have changed by what entered the log after `after` up to `through`. */
export async function changedStreams(
  pool: pg.Pool,
  range: { tenant: string; after: Position; through: Position; consensusPeerId: number },
): Promise<readonly number[]> {
  const { tenant, after, through, consensusPeerId } = range;
  const { rows } = await pool.query<{ id: number }>({
    name: 'consensus-changed-streams',
    text: `SELECT stream_id AS id FROM predictions
            WHERE tenant = $1 AND position > $2 AND position <= $3 AND horizon = 1 AND peer_id <> $4
            UNION SELECT stream_id FROM scores
            WHERE tenant = $1 AND position > $2 AND position <= $3 AND horizon = 1
            UNION SELECT stream_id FROM observations
            WHERE tenant = $1 AND position > $2 AND position <= $3 AND revision > 0`,
    values: [tenant, after, through, consensusPeerId],
  });
  return rows.map(({ id }) => id);
}

/**
 * What the consensus of these streams is made of now. Left out are streams that nobody predicts the next observation of,
 * and those whose newest observation is retracted: their target has been in the log already.
 */
export async function readInputs(
  pool: pg.Pool,
  streams: ReadonlyMap<number, StreamDocument>,
  window: number,
  consensusPeerId: number,
): Promise<readonly ConsensusInput[]> {
  const ids = [...streams.keys()];
  const [bases, records, past] = await Promise.all([
    readBases(pool, ids, consensusPeerId),
    recentErrors(pool, ids, window),
    readPast(pool, ids, window),
  ]);
  const recordsOf = grouped(records, ({ streamServerId }) => streamServerId);
  return bases.map(({ o, predictions }) => ({
    base: toObservation(o, streams),
    predictions: predictions.map(({ peerId, value, levels, values }) => ({
      ...{ peerId, value },
      quantiles: levels.map((level, index) => ({ level, value: values?.[index] ?? '0' })),
    })),
    records: new Map(
      (recordsOf.get(o.streamId) ?? []).map(({ peerId, scored, errorSum, naiveSum }) => [
        peerId,
        { scored, errorSum: Number(errorSum), naiveSum: Number(naiveSum) },
      ]),
    ),
    past: past.get(o.streamId) ?? [],
  }));
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
    name: 'consensus-bases',
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

/** How the network did on the last targets of each stream, by the entries that stood when the targets came. */
async function readPast(
  pool: pg.Pool,
  ids: readonly number[],
  window: number,
): Promise<ReadonlyMap<number, readonly PastForecast[]>> {
  const { rows } = await pool.query<PastForecast & { streamId: number }>({
    name: 'consensus-past',
    text: `SELECT w.stream_id AS "streamId", b.value::float8 AS naive, c.pooled, t.value::float8 AS actual
             FROM unnest($1::int[]) AS w(stream_id)
            CROSS JOIN LATERAL (SELECT * FROM consensus x WHERE x.stream_id = w.stream_id AND x.superseded_at IS NULL
                                 ORDER BY x.base_observed_at DESC LIMIT $2::int + 1) AS c
             JOIN observations b ON b.tenant = c.tenant AND b.position = c.base_position
            CROSS JOIN LATERAL (SELECT n.value, n.retracted FROM observations n
                                 WHERE n.stream_id = c.stream_id AND n.observed_at > c.base_observed_at
                                 ORDER BY n.observed_at, n.revision DESC LIMIT 1) AS t
            WHERE NOT t.retracted
            ORDER BY w.stream_id, c.base_observed_at`,
    values: [ids, window],
  });
  return grouped(rows, ({ streamId }) => streamId);
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
