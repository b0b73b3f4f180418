import type { Filter } from '../../../schema/filter/form.ts';
import type { ConsensusDocument, Position } from '../../../schema/log-entry.ts';
import type { TenantReads } from '../../storage/tenant-connections.ts';
import { filterSql } from '../filter/filter-sql.ts';
import { Parameters } from '../filter/parameters.ts';
import type { StreamCatalog } from '../stream/stream-catalog.ts';
import { CONSENSUS_COLUMNS, type ConsensusRow, toConsensus } from './consensus-row.ts';
import type { Consensuses } from './consensuses.ts';

/** A stream's present consensus, joined to `streams s`, and its base: `OFFSET 0` makes it a look-up, not a read of the table. */
const PRESENT = `CROSS JOIN LATERAL (
    SELECT * FROM consensus x WHERE x.stream_id = s.id ORDER BY x.position DESC LIMIT 1) c
  CROSS JOIN LATERAL (
    SELECT * FROM observations x WHERE x.tenant = c.tenant AND x.position = c.base_position OFFSET 0) o`;

/** Reads the present consensus of streams: the newest entry of each. */
export class ConsensusReader implements Consensuses {
  readonly #reads: TenantReads;
  readonly #catalog: StreamCatalog;

  constructor(reads: TenantReads, catalog: StreamCatalog) {
    this.#reads = reads;
    this.#catalog = catalog;
  }

  async of(tenant: string, streams: readonly number[]): Promise<ReadonlyMap<number, ConsensusDocument>> {
    const { rows } = await this.#reads.of(tenant).query<{ c: ConsensusRow }>({
      name: 'consensus-of-streams',
      text: `SELECT ${CONSENSUS_COLUMNS} AS c FROM streams s ${PRESENT} WHERE s.tenant = $1 AND s.id = ANY($2::int[])`,
      values: [tenant, streams],
    });
    const found = await this.#documents(
      tenant,
      rows.map(({ c }) => c),
    );
    return new Map(found.map((consensus) => [consensus.stream.serverId, consensus]));
  }

  /** The present consensus of each stream that matches, and the log's head, as of one instant. */
  async snapshot(
    tenant: string,
    filter: Filter,
  ): Promise<{ position: Position; items: readonly ConsensusDocument[] }> {
    const parameters = new Parameters();
    const { rows } = await this.#reads.of(tenant).query<{ position: string; c: ConsensusRow | null }>(
      `SELECT h.position, n.c FROM log_heads h
         LEFT JOIN LATERAL (
           SELECT ${CONSENSUS_COLUMNS} AS c FROM streams s ${PRESENT}
            WHERE s.tenant = h.tenant AND ${filterSql(filter, parameters)}
            ORDER BY c.position) AS n ON TRUE
        WHERE h.tenant = ${parameters.add(tenant)}`,
      parameters.values,
    );
    return {
      position: Number(rows[0]?.position ?? 0),
      items: await this.#documents(
        tenant,
        rows.flatMap(({ c }) => (c ? [c] : [])),
      ),
    };
  }

  async #documents(tenant: string, rows: readonly ConsensusRow[]): Promise<readonly ConsensusDocument[]> {
    const streams = await this.#catalog.byServerIds(
      tenant,
      rows.map(({ base }) => base.streamId),
    );
    return rows.map((row) => toConsensus(row, streams));
  }
}
