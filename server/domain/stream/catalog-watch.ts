import type pg from 'pg';
import { Regularly } from '../regularly.ts';
import type { StreamCatalog } from './stream-catalog.ts';
import { STREAM_JSON, type StreamRow } from './stream-row.ts';

/** How often other processes' changes are looked for, in ms. */
const EVERY_MS = 1_000;
/** How far back: longer than a database may be away and than clocks differ. */
const SINCE = '5 minutes';

/**
 * Makes this process forget streams that another one archived. Writers need none of it, as they learn it under the
 * log's lock; it is for what is shown.
 */
export class CatalogWatch {
  readonly #pool: pg.Pool;
  readonly #catalog: StreamCatalog;
  readonly #regularly: Regularly;

  constructor(pool: pg.Pool, catalog: StreamCatalog, onFailure: (error: unknown) => void) {
    this.#pool = pool;
    this.#catalog = catalog;
    this.#regularly = new Regularly(() => this.look(), EVERY_MS, onFailure);
  }

  start(): void {
    this.#regularly.start();
  }

  stop(): Promise<void> {
    return this.#regularly.stop();
  }

  async look(): Promise<void> {
    const { rows } = await this.#pool.query<StreamRow & { tenant: string }>({
      name: 'archived-lately',
      text: `SELECT s.tenant, ${STREAM_JSON} AS stream FROM streams s WHERE s.archived_at > now() - interval '${SINCE}'`,
    });
    for (const { tenant, stream } of rows) this.#catalog.forget(tenant, stream);
  }
}
