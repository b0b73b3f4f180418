import type { ConsensusEntry } from '../../../schema/log-entry.ts';
import { consensusKey } from '../../../schema/node-id.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';
import { type Stretch, stretchSql } from '../log/stretch.ts';
import type { StreamCatalog } from '../stream/stream-catalog.ts';
import { CONSENSUS_COLUMNS, CONSENSUS_JOINS, type ConsensusRow, toConsensus } from './consensus-row.ts';

/** The entries of the topic `consensus` in a stretch of the log. */
export async function readConsensus(
  db: Queryable,
  catalog: StreamCatalog,
  stretch: Stretch,
): Promise<readonly ConsensusEntry[]> {
  const { sql, values } = stretchSql('c', stretch);
  const { rows } = await db.query<{ c: ConsensusRow; before: ConsensusRow | null }>(
    `SELECT e.c, b.before FROM (
       SELECT ${CONSENSUS_COLUMNS} AS c, c.stream_id, c.base_observed_at, c.revision, c.position
         FROM ${CONSENSUS_JOINS} ${sql}) AS e
       LEFT JOIN LATERAL (
         SELECT ${CONSENSUS_COLUMNS} AS before FROM ${CONSENSUS_JOINS}
          WHERE c.stream_id = e.stream_id AND c.base_observed_at = e.base_observed_at
            AND c.revision = e.revision - 1
         -- Keeps it a look-up for each entry; joined as a whole, the planner may read the table for each.
         OFFSET 0) AS b ON TRUE
      ORDER BY e.position`,
    values,
  );
  const streams = await catalog.byServerIds(
    stretch.tenant,
    rows.map(({ c }) => c.base.streamId),
  );
  return rows.map(({ c, before }): ConsensusEntry => {
    const document = toConsensus(c, streams);
    return {
      ...{ tenant: stretch.tenant, position: document.position, topic: 'consensus', ts: document.updatedAt },
      ...{ type: before ? 'UPDATE' : 'CREATE', document },
      key: consensusKey(document.stream.serverId, document.base.observedAt),
      ...(before ? { before: toConsensus(before, streams) } : {}),
    };
  });
}
