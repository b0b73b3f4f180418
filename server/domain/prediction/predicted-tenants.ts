import type { Queryable } from '../../storage/tenant-connections.ts';

/**
 * Tenants in whose log there is a prediction: where there is none, work that is about predictions has nothing to read.
 * Predictions are never deleted, so a tenant is asked about only until it has one.
 */
export class PredictedTenants {
  readonly #db: Queryable;
  readonly #known = new Set<string>();

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** True of a tenant if a prediction had been committed when it was asked. */
  async has(tenant: string): Promise<boolean> {
    if (this.#known.has(tenant)) return true;
    // In order, so that the primary key is read: a tenant without any is found by it, and not by reading all others'.
    const { rows } = await this.#db.query({
      text: 'SELECT FROM predictions WHERE tenant = $1 ORDER BY position LIMIT 1',
      values: [tenant],
    });
    if (rows.length > 0) this.#known.add(tenant);
    return rows.length > 0;
  }
}
