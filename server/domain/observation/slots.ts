import type { EpochMs } from '../../../schema/time.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';
import type { ChainHead } from '../log/tenant-log.ts';
import { type Occupant, slotKey } from './chain-plan.ts';

/** Reads the ends of these streams' chains. */
export async function readChainHeads(
  db: Queryable,
  streamIds: readonly number[],
): Promise<ReadonlyMap<number, ChainHead>> {
  const { rows } = await db.query<{ id: number; hash: string | null; last: number | null }>({
    name: 'chain-heads',
    text: `SELECT stream_id AS id, encode(hash, 'hex') AS hash,
                  (extract(epoch FROM last_observed_at) * 1000)::float8 AS last
             FROM stream_heads WHERE stream_id = ANY($1::int[])`,
    values: [streamIds],
  });
  return new Map(
    rows.map(({ id, hash, last }) => [id, { hash: hash ?? '', lastObservedAt: last ?? undefined }]),
  );
}

/** Reads what is in the log at these times, by `slotKey`. */
export async function readOccupants(
  db: Queryable,
  slots: { readonly streamIds: readonly number[]; readonly times: readonly EpochMs[] },
): Promise<ReadonlyMap<string, Occupant>> {
  if (slots.streamIds.length === 0) return new Map();
  const { rows } = await db.query<{ id: number; at: number; value: string; retracted: boolean }>({
    // A look-up for each: joined as the planner likes, a table of some 100,000 rows is read as a whole (decision 0046).
    text: `SELECT r.stream_id AS id, r.at, o.value, o.retracted
             FROM unnest($1::int[], $2::float8[]) AS r(stream_id, at)
            CROSS JOIN LATERAL (
              SELECT trim_scale(value)::text AS value, retracted FROM observations
               WHERE stream_id = r.stream_id AND observed_at = to_timestamp(r.at / 1000)::timestamptz(3)
                 AND superseded_at IS NULL OFFSET 0
            ) AS o`,
    values: [slots.streamIds, slots.times],
  });
  return new Map(rows.map(({ id, at, value, retracted }) => [slotKey(id, at), { value, retracted }]));
}
