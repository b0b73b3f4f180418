import { type CanonicalDecimal, parseDecimal } from '../../../schema/decimal.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';

/** What the log has of a stream at these times, retracted or not, with the value of its newest revision. */
export async function presentAt(
  db: Queryable,
  tenant: string,
  streamId: number,
  times: readonly EpochMs[],
): Promise<ReadonlyMap<EpochMs, CanonicalDecimal>> {
  const { rows } = await db.query<{ at: string; value: string }>({
    name: 'buffer-present',
    text: `SELECT (extract(epoch FROM o.observed_at) * 1000)::bigint AS at, o.value FROM observations o
            WHERE o.tenant = $1 AND o.stream_id = $2 AND o.superseded_at IS NULL
              AND o.observed_at = ANY(ARRAY(SELECT to_timestamp(ms / 1000)::timestamptz(3) FROM unnest($3::float8[]) AS ms))`,
    values: [tenant, streamId, times],
  });
  return new Map(rows.map(({ at, value }) => [Number(at), parseDecimal(value) ?? value]));
}
