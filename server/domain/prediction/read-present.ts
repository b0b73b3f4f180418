import type pg from 'pg';
import type { PredictionDocument } from '../../../schema/log-entry.ts';
import type { Actor } from '../domain.ts';
import type { JudgedPrediction } from './judge.ts';
import { PREDICTION_COLUMNS, PREDICTION_JOINS, type PredictionRow, toPrediction } from './prediction-row.ts';
import { type Base, baseKey } from './read-bases.ts';
import { targetKey } from './submission.ts';

/** One look-up in the unique index an item: `OFFSET 0` keeps the planner from reading all that the peer predicted. */
const TEXT = `
  SELECT found.p FROM unnest($3::int[], $4::float8[], $5::int[]) AS w(stream_id, base_ms, horizon)
   CROSS JOIN LATERAL (
     SELECT ${PREDICTION_COLUMNS} AS p FROM ${PREDICTION_JOINS}
      WHERE p.tenant = $1 AND p.stream_id = w.stream_id AND p.horizon = w.horizon AND p.peer_id = $2
        AND p.base_observed_at = to_timestamp(w.base_ms / 1000)::timestamptz(3) AND p.superseded_at IS NULL
     OFFSET 0) AS found`;

/** Reads what the peer has predicted of the same targets already, by `targetKey`. */
export async function readPresent(
  client: pg.PoolClient,
  { tenant, peer }: Actor,
  items: readonly JudgedPrediction[],
  bases: ReadonlyMap<string, Base>,
): Promise<ReadonlyMap<string, PredictionDocument>> {
  const asked = items.flatMap(({ stream, baseHash, horizon }) => {
    const base = bases.get(baseKey(stream.serverId, baseHash));
    return base ? [{ id: stream.serverId, at: base.observation.observedAt, horizon }] : [];
  });
  const { rows } = await client.query<{ p: PredictionRow }>({
    name: 'present-predictions',
    text: TEXT,
    values: [
      ...[tenant, peer.id, asked.map(({ id }) => id)],
      ...[asked.map(({ at }) => at), asked.map(({ horizon }) => horizon)],
    ],
  });
  const streams = new Map(items.map(({ stream }) => [stream.serverId, stream]));
  return new Map(
    rows.map(({ p }) => {
      const prediction = toPrediction(p, streams);
      return [targetKey(prediction.base, p.horizon), prediction];
    }),
  );
}
