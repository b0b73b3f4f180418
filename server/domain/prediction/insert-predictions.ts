import type pg from 'pg';
import { arrayLiteral, quotedArrayLiteral } from '../../storage/array-literal.ts';
import type { NewRevision } from './submission.ts';

/** Inserts new revisions and marks those they replace, in one statement each. */
export async function insertPredictions(
  client: pg.PoolClient,
  tenant: string,
  added: readonly NewRevision[],
): Promise<void> {
  if (added.length === 0) return;
  await client.query({
    name: 'insert-predictions',
    text: `INSERT INTO predictions (tenant, position, id, stream_id, peer_id, base_position, base_observed_at,
                                    horizon, revision, value, quantile_levels, quantile_values, submitted_at)
           SELECT $1, r.position, r.id, r.stream_id, r.peer_id, r.base_position,
                  to_timestamp(r.base_observed_at / 1000), r.horizon, r.revision, r.value, r.levels::float8[], r.values::numeric[], to_timestamp(r.submitted_at / 1000)
             FROM unnest($2::bigint[], $3::bigint[], $4::int[], $5::int[], $6::bigint[], $7::int[], $8::int[],
                         $9::numeric[], $10::text[], $11::text[], $12::float8[], $13::float8[])
               AS r(position, id, stream_id, peer_id, base_position, horizon, revision, value, levels, values,
                    submitted_at, base_observed_at)`,
    values: [
      tenant,
      arrayLiteral(added.map(({ document }) => document.position)),
      arrayLiteral(added.map(({ document }) => document.id)),
      arrayLiteral(added.map(({ document }) => document.stream.serverId)),
      arrayLiteral(added.map(({ document }) => document.peer.id)),
      arrayLiteral(added.map(({ document }) => document.base.position)),
      arrayLiteral(added.map(({ document }) => document.horizon)),
      arrayLiteral(added.map(({ document }) => document.revision)),
      arrayLiteral(added.map(({ document }) => document.value)),
      quotedArrayLiteral(
        added.map(({ document }) => arrayLiteral(document.quantiles.map(({ level }) => level))),
      ),
      quotedArrayLiteral(
        added.map(({ document }) => arrayLiteral(document.quantiles.map(({ value }) => value))),
      ),
      arrayLiteral(added.map(({ document }) => document.submittedAt)),
      arrayLiteral(added.map(({ document }) => document.base.observedAt)),
    ],
  });
  const replaced = added.flatMap(({ document, before }) =>
    before ? [{ position: before.position, by: document.position }] : [],
  );
  if (replaced.length === 0) return;
  await client.query(
    `UPDATE predictions p SET superseded_at = r.by
       FROM unnest($2::bigint[], $3::bigint[]) AS r(position, by)
      WHERE p.tenant = $1 AND p.position = r.position`,
    [tenant, replaced.map(({ position }) => position), replaced.map(({ by }) => by)],
  );
}
