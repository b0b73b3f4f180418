import type pg from 'pg';
import type { EpochMs } from '../../../schema/time.ts';
import type { PastForecast } from './gate.ts';

/** A target that the network forecast, by the entry that stood when it came. */
export interface PastRow extends PastForecast {
  readonly streamId: number;
  /** When the base was observed. */
  readonly base: EpochMs;
}

/** How the network did on the last `limit` targets of each stream, or on those whose bases came after one it knows. */
export async function readPast(
  pool: pg.Pool,
  streams: readonly { readonly id: number; readonly after: EpochMs | undefined }[],
  limit: number,
): Promise<readonly PastRow[]> {
  const { rows } = await pool.query<PastRow>({
    text: `SELECT w.stream_id AS "streamId", (extract(epoch FROM c.base_observed_at) * 1000)::float8 AS base,
                  b.value::float8 AS naive, c.pooled, c.value::float8 AS value, t.value::float8 AS actual
             FROM unnest($1::int[], $2::float8[]) AS w(stream_id, after)
            CROSS JOIN LATERAL (SELECT * FROM consensus x WHERE x.stream_id = w.stream_id AND x.superseded_at IS NULL
                                   AND x.base_observed_at > to_timestamp(w.after / 1000)::timestamptz(3)
                                 ORDER BY x.base_observed_at DESC LIMIT $3::int + 1) AS c
            CROSS JOIN LATERAL (SELECT o.value FROM observations o
                                 WHERE o.tenant = c.tenant AND o.position = c.base_position OFFSET 0) AS b
            CROSS JOIN LATERAL (SELECT n.value, n.retracted FROM observations n
                                 WHERE n.stream_id = c.stream_id AND n.observed_at > c.base_observed_at
                                 ORDER BY n.observed_at, n.revision DESC LIMIT 1) AS t
            WHERE NOT t.retracted
            ORDER BY w.stream_id, c.base_observed_at`,
    values: [
      streams.map(({ id }) => id),
      streams.map(({ after }) => (after === undefined ? Number.NEGATIVE_INFINITY : after)),
      limit,
    ],
  });
  return rows;
}

/** A peer's forecast that is asked for: of the target after a base. */
export interface Asked {
  readonly streamId: number;
  readonly peerId: number;
  readonly base: EpochMs;
}

/** What peers forecast in the end, in the order asked for; undefined where nothing. */
export async function readSaid(
  pool: pg.Pool,
  asked: readonly Asked[],
): Promise<readonly (number | undefined)[]> {
  if (asked.length === 0) return [];
  const { rows } = await pool.query<{ at: number; value: number }>({
    text: `SELECT w.at::int - 1 AS at, p.value::float8 AS value
             FROM unnest($1::int[], $2::int[], $3::float8[]) WITH ORDINALITY AS w(stream_id, peer_id, base, at)
            CROSS JOIN LATERAL (
              SELECT p.value FROM predictions p
               WHERE p.stream_id = w.stream_id AND p.base_observed_at = to_timestamp(w.base / 1000)::timestamptz(3)
                 AND p.horizon = 1 AND p.peer_id = w.peer_id AND p.superseded_at IS NULL
               LIMIT 1) AS p`,
    values: [
      asked.map(({ streamId }) => streamId),
      asked.map(({ peerId }) => peerId),
      asked.map(({ base }) => base),
    ],
  });
  const said: (number | undefined)[] = asked.map(() => undefined);
  for (const { at, value } of rows) said[at] = value;
  return said;
}
