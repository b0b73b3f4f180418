import type { QueryConfig } from 'pg';
import type { Position } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { arrayLiteral } from '../../storage/array-literal.ts';
import type { ChainPlan } from './chain-plan.ts';

const TEXT = `
  WITH head AS (
    UPDATE log_heads SET position = position + $3
     WHERE tenant = $1::text AND position = $2::bigint
       AND (NOT $15::boolean OR current_setting('presage.appended', true) = $1::text || ' ' || $2::bigint)
    RETURNING position
  ), rows AS (
    INSERT INTO observations (tenant, position, stream_id, observed_at, value, hash, provider, ts)
    SELECT $1, $2 + r.n, r.stream_id, to_timestamp(r.observed_at / 1000), r.value,
           substring($7::bytea FROM (r.n::int - 1) * 32 + 1 FOR 32), ($9::text[])[r.provider],
           to_timestamp($10::float8 / 1000)
      FROM head, unnest($4::int[], $5::float8[], $6::numeric[], $8::int[])
           WITH ORDINALITY AS r(stream_id, observed_at, value, provider, n)
  ), chains AS (
    UPDATE stream_heads h
       SET hash = decode(c.hash, 'hex'), last_observed_at = to_timestamp(c.last / 1000), links = h.links + c.links
      FROM head, unnest($11::int[], $12::text[], $13::float8[], $14::int[]) AS c(stream_id, hash, last, links)
     WHERE h.stream_id = c.stream_id
  )
  SELECT set_config('presage.appended', $1::text || ' ' || position, false) FROM head`;

/**
 * Appends a plan's observations in one statement, which is a transaction of its own outside of one. It moves the head
 * only if that is still at `head` and writes nothing otherwise: no row comes back then.
 *
 * `behind` says that it is sent behind another one, on the same connection, that should leave the head at `head`: then
 * that one must have done so. The number alone does not tell, as another process may have moved the head as far with
 * rows of its own; the connection's setting does, which a statement makes if it is committed, and only then.
 *
 * Arrays go as their literals, hashes as one run of bytes and providers by number.
 */
export function appendStatement(
  tenant: string,
  head: Position,
  plan: ChainPlan,
  ts: EpochMs,
  behind = false,
): QueryConfig<unknown[]> {
  const { appended } = plan;
  const providers = [...new Set(appended.map((row) => row.provider))];
  const numbers = new Map(providers.map((provider, index) => [provider, index + 1]));
  const ends = [...plan.ends];
  return {
    name: 'append-observations',
    text: TEXT,
    values: [
      ...[tenant, head, appended.length],
      arrayLiteral(appended.map((row) => row.stream.serverId)),
      arrayLiteral(appended.map((row) => row.observedAt)),
      arrayLiteral(appended.map((row) => row.value)),
      Buffer.from(appended.map((row) => row.hash).join(''), 'hex'),
      arrayLiteral(appended.map((row) => numbers.get(row.provider) ?? 0)),
      ...[providers, ts],
      arrayLiteral(ends.map(([streamId]) => streamId)),
      arrayLiteral(ends.map(([, { head: end }]) => end.hash)),
      arrayLiteral(ends.map(([, { head: end }]) => end.lastObservedAt ?? 0)),
      arrayLiteral(ends.map(([, { links }]) => links)),
      behind,
    ],
  };
}
