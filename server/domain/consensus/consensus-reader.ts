import type { Filter } from '../../../schema/filter/form.ts';
import type { ConsensusDocument, Position } from '../../../schema/log-entry.ts';
import type { TenantReads } from '../../storage/tenant-connections.ts';
import { inPages, snapshotPositions } from '../log/snapshot-positions.ts';
import type { StreamCatalog } from '../stream/stream-catalog.ts';
import { CONSENSUS_COLUMNS, CONSENSUS_JOINS, type ConsensusRow, toConsensus } from './consensus-row.ts';
import type { Consensuses } from './consensuses.ts';

/**
 * A stream's present consensus, joined to `streams s`, and its base: `OFFSET 0` makes it a look-up, not a read of the table.
 * `condition` narrows what may be it.
 */
function presentSql(condition: string): string {
  return `CROSS JOIN LATERAL (
    SELECT * FROM consensus x WHERE x.stream_id = s.id ${condition} ORDER BY x.position DESC LIMIT 1) c
  CROSS JOIN LATERAL (
    SELECT * FROM observations x WHERE x.tenant = c.tenant AND x.position = c.base_position OFFSET 0) o`;
}

export interface ConsensusSnapshot {
  readonly position: Position;
  /** In the order of the log. Each is read when it is asked for. */
  readonly pages: AsyncIterable<readonly ConsensusDocument[]>;
}

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
      text: `SELECT ${CONSENSUS_COLUMNS} AS c FROM streams s ${presentSql('')} WHERE s.tenant = $1 AND s.id = ANY($2::int[])`,
      values: [tenant, streams],
    });
    const found = await this.#documents(
      tenant,
      rows.map(({ c }) => c),
    );
    return new Map(found.map((consensus) => [consensus.stream.serverId, consensus]));
  }

  /** The consensus that each stream that matches has as of the head that it gives: in the order of the log. */
  async snapshot(tenant: string, filter: Filter): Promise<ConsensusSnapshot> {
    const db = this.#reads.of(tenant);
    const { rows } = await db.query<{ position: string }>(
      'SELECT position FROM log_heads WHERE tenant = $1',
      [tenant],
    );
    const position = Number(rows[0]?.position ?? 0);
    const join = (head: string) => presentSql(`AND x.position <= ${head}`);
    const positions = await snapshotPositions(db, tenant, position, { filter, join, position: 'c.position' });
    return { position, pages: inPages(positions, (page) => this.#at(tenant, page)) };
  }

  async #at(tenant: string, positions: readonly Position[]): Promise<readonly ConsensusDocument[]> {
    const { rows } = await this.#reads.of(tenant).query<{ c: ConsensusRow }>(
      `SELECT ${CONSENSUS_COLUMNS} AS c FROM ${CONSENSUS_JOINS}
        WHERE c.tenant = $1 AND c.position = ANY($2::bigint[]) ORDER BY c.position`,
      [tenant, positions],
    );
    return this.#documents(
      tenant,
      rows.map(({ c }) => c),
    );
  }

  async #documents(tenant: string, rows: readonly ConsensusRow[]): Promise<readonly ConsensusDocument[]> {
    const streams = await this.#catalog.byServerIds(
      tenant,
      rows.map(({ base }) => base.streamId),
    );
    return rows.map((row) => toConsensus(row, streams));
  }
}
