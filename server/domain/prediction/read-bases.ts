import type pg from 'pg';
import type { ObservationDocument } from '../../../schema/log-entry.ts';
import { type ObservationRow, observationColumns, toObservation } from '../observation/observation-row.ts';
import { type JudgedPrediction, MAX_HORIZON } from './judge.ts';

/** An observation that predictions name as their base. */
export interface Base {
  readonly observation: ObservationDocument;
  /** Observations after it that are in the log already, counted up to the longest horizon. */
  readonly followers: number;
}

/**
 * Reads the bases of these predictions under the lock of the log, by `baseKey`. A target is the `horizon`-th
 * observation of the stream whose time is after the base's: it is in the log if there are that many followers.
 */
export async function readBases(
  client: pg.PoolClient,
  predictions: readonly JudgedPrediction[],
): Promise<ReadonlyMap<string, Base>> {
  const wanted = new Map(predictions.map((item) => [baseKey(item.stream.serverId, item.baseHash), item]));
  const items = [...wanted.values()];
  const { rows } = await client.query<{ o: ObservationRow; followers: number }>({
    text: `SELECT ${observationColumns('o')} AS o, f.followers
             FROM unnest($1::int[], $2::text[]) AS w(stream_id, hash)
            CROSS JOIN LATERAL (
              SELECT * FROM observations o
               WHERE o.hash = decode(w.hash, 'hex') AND o.stream_id = w.stream_id AND NOT o.retracted OFFSET 0) AS o
            CROSS JOIN LATERAL (
              SELECT count(*)::int AS followers FROM (
                SELECT 1 FROM observations n
                 WHERE n.stream_id = o.stream_id AND n.observed_at > o.observed_at AND n.revision = 0
                 LIMIT ${MAX_HORIZON}) AS later) AS f`,
    values: [items.map((item) => item.stream.serverId), items.map((item) => item.baseHash)],
  });
  const streams = new Map(items.map(({ stream }) => [stream.serverId, stream]));
  return new Map(
    rows.map(({ o, followers }) => [
      baseKey(o.streamId, o.hash),
      { observation: toObservation(o, streams), followers },
    ]),
  );
}

export function baseKey(streamServerId: number, hash: string): string {
  return `${streamServerId}.${hash}`;
}
