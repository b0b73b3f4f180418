import type { QueryConfig } from 'pg';
import type { Position } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { arrayLiteral } from '../../storage/array-literal.ts';
import type { ChainPlan, LinkedObservation } from './chain-plan.ts';

const MANY = `
  WITH head AS (
    UPDATE log_heads SET position = position + $4
     WHERE tenant = $1::text AND position = $2::bigint
       AND (NOT $3::boolean OR current_setting('presage.appended', true) = $1::text || ' ' || $2::bigint)
    RETURNING position
  ), rows AS (
    INSERT INTO observations (tenant, position, stream_id, observed_at, value, hash, provider, ts)
    SELECT $1, $2 + r.n, r.stream_id, to_timestamp(r.observed_at / 1000), r.value,
           substring($8::bytea FROM (r.n::int - 1) * 32 + 1 FOR 32), ($10::text[])[r.provider],
           to_timestamp($11::float8 / 1000)
      FROM head, unnest($5::int[], $6::float8[], $7::numeric[], $9::int[])
           WITH ORDINALITY AS r(stream_id, observed_at, value, provider, n)
  ), chains AS (
    UPDATE stream_heads h
       SET hash = decode(c.hash, 'hex'), last_observed_at = to_timestamp(c.last / 1000), links = h.links + c.links
      FROM head, unnest($12::int[], $13::text[], $14::float8[], $15::int[]) AS c(stream_id, hash, last, links)
     WHERE h.stream_id = c.stream_id
  )
  SELECT set_config('presage.appended', $1::text || ' ' || position, false) FROM head`;

/**
 * The same for one observation, without arrays, without what lets another be sent behind it and without a row that comes
 * back: how many were inserted says as much. That takes the database a quarter less time, and us too.
 */
const ONE = `
  WITH head AS (
    UPDATE log_heads SET position = position + 1 WHERE tenant = $1::text AND position = $2::bigint RETURNING position
  ), chains AS (
    UPDATE stream_heads h
       SET hash = $6::bytea, last_observed_at = to_timestamp($9::float8 / 1000), links = h.links + 1
      FROM head WHERE h.stream_id = $3::int
  )
  INSERT INTO observations (tenant, position, stream_id, observed_at, value, hash, provider, ts)
  SELECT $1, head.position, $3::int, to_timestamp($4::float8 / 1000), $5::numeric, $6::bytea, $7,
         to_timestamp($8::float8 / 1000)
    FROM head`;

/** Whether a statement may be sent behind that of this plan, before it is answered. */
export function mayBeFollowed({ appended }: ChainPlan): boolean {
  return appended.length > 1;
}

/**
 * Appends a plan's observations in one statement, which is a transaction of its own outside of one. It moves the head
 * only if that is still at `head` and writes nothing otherwise: its count of rows is 1 or 0.
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
  const [row] = plan.appended;
  return row && plan.appended.length === 1 && !behind
    ? { name: 'append-observation', text: ONE, values: [tenant, head, ...oneRow(row, plan, ts)] }
    : { name: 'append-observations', text: MANY, values: [tenant, head, behind, ...manyRows(plan, ts)] };
}

function oneRow(row: LinkedObservation, { ends }: ChainPlan, ts: EpochMs): unknown[] {
  const { stream, observedAt, value, hash, provider } = row;
  const last = ends.get(stream.serverId)?.head.lastObservedAt ?? observedAt;
  return [stream.serverId, observedAt, value, Buffer.from(hash, 'hex'), provider, ts, last];
}

function manyRows({ appended, ends: endsByStream }: ChainPlan, ts: EpochMs): unknown[] {
  const providers = [...new Set(appended.map((row) => row.provider))];
  const numbers = new Map(providers.map((provider, index) => [provider, index + 1]));
  const ends = [...endsByStream];
  return [
    appended.length,
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
  ];
}
