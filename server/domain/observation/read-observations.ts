import type { Filter } from '../../../schema/filter/form.ts';
import type { ObservationDocument } from '../../../schema/log-entry.ts';
import type { TenantReads } from '../../storage/tenant-connections.ts';
import { filterSql } from '../filter/filter-sql.ts';
import { pageOf, pageSql } from '../filter/page-sql.ts';
import { Parameters } from '../filter/parameters.ts';
import type { Page, PageRequest } from '../page.ts';
import type { StreamCatalog } from '../stream/stream-catalog.ts';
import { NEWEST_SQL, presentSql } from './newest-sql.ts';
import { type ObservationRow, observationColumns, toObservation } from './observation-row.ts';
import type { ObservationRef } from './observations.ts';

const PRESENT = presentSql('o');

/** Answers questions about present observations: one statement each, streams from the catalog. */
export class ObservationReader {
  readonly #reads: TenantReads;
  readonly #catalog: StreamCatalog;

  constructor(reads: TenantReads, catalog: StreamCatalog) {
    this.#reads = reads;
    this.#catalog = catalog;
  }

  async find(tenant: string, ref: ObservationRef): Promise<ObservationDocument | undefined> {
    const [found] = await this.#read(
      tenant,
      `observations o WHERE o.tenant = $1 AND o.stream_id = $2 AND ${PRESENT}
         AND o.observed_at = to_timestamp($3::float8 / 1000)::timestamptz(3)`,
      [tenant, ref.streamServerId, ref.observedAt],
    );
    return found;
  }

  async list(tenant: string, filter: Filter, page: PageRequest): Promise<Page<ObservationDocument>> {
    const parameters = new Parameters();
    const found = await this.#read(
      tenant,
      `observations o JOIN streams s ON s.id = o.stream_id
        WHERE o.tenant = ${parameters.add(tenant)} AND ${PRESENT} AND ${filterSql(filter, parameters)}
          ${pageSql('o.position', page, parameters)}`,
      parameters.values,
    );
    return pageOf(found, page, (observation) => observation);
  }

  latest(tenant: string, filter: Filter, limit: number): Promise<readonly ObservationDocument[]> {
    const parameters = new Parameters();
    return this.#read(
      tenant,
      `streams s ${NEWEST_SQL} WHERE s.tenant = ${parameters.add(tenant)} AND ${filterSql(filter, parameters)}
        ORDER BY o.observed_at DESC, o.position DESC LIMIT ${parameters.add(limit)}`,
      parameters.values,
    );
  }

  async latestOf(
    tenant: string,
    streams: readonly number[],
  ): Promise<ReadonlyMap<number, ObservationDocument>> {
    const found = await this.#read(
      tenant,
      `streams s ${NEWEST_SQL} WHERE s.tenant = $1 AND s.id = ANY($2::int[])`,
      [tenant, streams],
    );
    return new Map(found.map((observation) => [observation.stream.serverId, observation]));
  }

  async #read(
    tenant: string,
    from: string,
    values: readonly unknown[],
  ): Promise<readonly ObservationDocument[]> {
    const { rows } = await this.#reads
      .of(tenant)
      .query<{ o: ObservationRow }>(`SELECT ${observationColumns('o')} AS o FROM ${from}`, [...values]);
    const streams = await this.#catalog.byServerIds(
      tenant,
      rows.map((row) => row.o.streamId),
    );
    return rows.map((row) => toObservation(row.o, streams));
  }
}
