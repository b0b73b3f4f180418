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
    const { rows } = await this.#db.query<{ some: boolean }>({
      name: 'predicted-tenant',
      text: 'SELECT EXISTS (SELECT 1 FROM predictions WHERE tenant = $1) AS some',
      values: [tenant],
    });
    const some = rows[0]?.some === true;
    if (some) this.#known.add(tenant);
    return some;
  }
}
