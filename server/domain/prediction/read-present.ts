import type pg from 'pg';
import type { PeerDocument, PredictionDocument } from '../../../schema/log-entry.ts';
import { arrayLiteral } from '../../storage/array-literal.ts';
import type { JudgedPrediction } from './judge.ts';
import { PREDICTION_COLUMNS, PREDICTION_JOINS, type PredictionRow, toPrediction } from './prediction-row.ts';
import { type Base, baseKey } from './read-bases.ts';
import { targetKey } from './submission.ts';

/** One look-up in the unique index an item: `OFFSET 0` keeps the planner from reading all that the peer predicted. */
const TEXT = `
  SELECT found.p FROM unnest($2::int[], $3::int[], $4::float8[], $5::int[]) AS w(peer_id, stream_id, base_ms, horizon)
   CROSS JOIN LATERAL (
     SELECT ${PREDICTION_COLUMNS} AS p FROM ${PREDICTION_JOINS}
      WHERE p.tenant = $1 AND p.stream_id = w.stream_id AND p.horizon = w.horizon AND p.peer_id = w.peer_id
        AND p.base_observed_at = to_timestamp(w.base_ms / 1000)::timestamptz(3) AND p.superseded_at IS NULL
     OFFSET 0) AS found`;

/** Reads what these peers have predicted of the same targets already, by the peer's id and `targetKey`. */
export async function readPresent(
  client: pg.PoolClient,
  tenant: string,
  items: readonly { readonly peer: PeerDocument; readonly item: JudgedPrediction }[],
  bases: ReadonlyMap<string, Base>,
): Promise<Map<number, Map<string, PredictionDocument>>> {
  const asked = items.flatMap(({ peer, item: { stream, baseHash, horizon } }) => {
    const base = bases.get(baseKey(stream.serverId, baseHash));
    return base ? [{ peer: peer.id, id: stream.serverId, at: base.observation.observedAt, horizon }] : [];
  });
  const { rows } = await client.query<{ p: PredictionRow }>({
    text: TEXT,
    values: [
      ...[tenant, arrayLiteral(asked.map(({ peer }) => peer)), arrayLiteral(asked.map(({ id }) => id))],
      ...[arrayLiteral(asked.map(({ at }) => at)), arrayLiteral(asked.map(({ horizon }) => horizon))],
    ],
  });
  const streams = new Map(items.map(({ item: { stream } }) => [stream.serverId, stream]));
  const present = new Map<number, Map<string, PredictionDocument>>();
  for (const { p } of rows) {
    const prediction = toPrediction(p, streams);
    const mine = present.get(p.peer.id) ?? new Map<string, PredictionDocument>();
    present.set(p.peer.id, mine.set(targetKey(prediction.base, p.horizon), prediction));
  }
  return present;
}
