import type pg from 'pg';
import type { ConsensusDocument } from '../../../schema/log-entry.ts';
import type { ConsensusDraft } from './draft.ts';

/** A revision of a consensus to be written, and the one that it replaces. */
export interface NewConsensus {
  readonly document: ConsensusDocument;
  readonly before: ConsensusDocument | undefined;
  readonly pooled: number;
}

/** Inserts new revisions and marks those they replace, in one statement. */
export async function insertConsensus(
  client: pg.PoolClient,
  tenant: string,
  added: readonly NewConsensus[],
): Promise<void> {
  await client.query({
    name: 'insert-consensus',
    text: `WITH r AS (
             SELECT * FROM unnest($2::bigint[], $3::int[], $4::bigint[], $5::float8[], $6::int[], $7::numeric[],
                                  $8::float8[], $9::text[], $10::text[], $11::int[], $12::float8[], $13::bigint[])
               AS r(position, stream_id, base_position, base_observed_at, revision, value, pooled, levels, values,
                    contributors, updated_at, replaced)),
           replaced AS (
             UPDATE consensus c SET superseded_at = r.position FROM r
              WHERE c.tenant = $1 AND c.position = r.replaced)
           INSERT INTO consensus (tenant, position, stream_id, base_position, base_observed_at, revision, value, pooled,
                                  quantile_levels, quantile_values, contributors, updated_at)
           SELECT $1, position, stream_id, base_position, to_timestamp(base_observed_at / 1000), revision, value, pooled,
                  levels::float8[], values::numeric[], contributors, to_timestamp(updated_at / 1000) FROM r`,
    values: [
      tenant,
      added.map(({ document }) => document.position),
      added.map(({ document }) => document.stream.serverId),
      added.map(({ document }) => document.base.position),
      added.map(({ document }) => document.base.observedAt),
      added.map(({ document }) => document.revision),
      added.map(({ document }) => document.value),
      added.map(({ pooled }) => pooled),
      added.map(({ document }) => `{${document.quantiles.map(({ level }) => level).join(',')}}`),
      added.map(({ document }) => `{${document.quantiles.map(({ value }) => value).join(',')}}`),
      added.map(({ document }) => document.contributors),
      added.map(({ document }) => document.updatedAt),
      added.map(({ before }) => before?.position ?? null),
    ],
  });
}

/**
 * Notes what the peers together say now, where that is all that may have changed: it is no part of the entry, but later
 * shrinkage is learned from it.
 */
export async function updatePooled(
  client: pg.PoolClient,
  tenant: string,
  open: readonly { readonly draft: ConsensusDraft; readonly present: ConsensusDocument | undefined }[],
): Promise<void> {
  const standing = open.flatMap(({ draft, present }) =>
    present ? [{ position: present.position, pooled: draft.pooled }] : [],
  );
  if (standing.length === 0) return;
  await client.query({
    name: 'update-pooled',
    text: `UPDATE consensus c SET pooled = r.pooled FROM unnest($2::bigint[], $3::float8[]) AS r(position, pooled)
            WHERE c.tenant = $1 AND c.position = r.position AND c.pooled <> r.pooled`,
    values: [tenant, standing.map(({ position }) => position), standing.map(({ pooled }) => pooled)],
  });
}
