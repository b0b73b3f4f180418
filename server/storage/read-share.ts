import type pg from 'pg';
import { CONNECTION_TIMEOUT_MS } from './connection-timeout.ts';
import { StorageError } from './errors.ts';
import type { Queryable, TenantReads } from './tenant-connections.ts';

/** Whoever waits for one of the connections that may be used. */
interface Waiting {
  readonly go: () => void;
}

/**
 * Part of the connections of readers: `most` statements at once, so that those who share the connections always find one
 * that is not used by these. The others wait: tenants have it by turns, and those of a tenant in the order in which they came,
 * so that one with many readers keeps no other waiting for longer than a statement.
 */
export class ReadShare implements TenantReads {
  readonly #reads: TenantReads;
  /** By tenant, those whose turn is next first. */
  readonly #waiting = new Map<string, Set<Waiting>>();
  readonly #patienceMs: number;
  #free: number;

  constructor(reads: TenantReads, most: number, patienceMs = CONNECTION_TIMEOUT_MS) {
    this.#reads = reads;
    this.#free = most;
    this.#patienceMs = patienceMs;
  }

  of(tenant: string): Queryable {
    const reads = this.#reads.of(tenant);
    return {
      query: async <R extends pg.QueryResultRow>(
        query: string | pg.QueryConfig<unknown[]>,
        values?: unknown[],
      ) => {
        await this.#take(tenant);
        try {
          return await reads.query<R>(query, values);
        } finally {
          this.#giveBack();
        }
      },
    };
  }

  /** Throws `UNAVAILABLE` after as long as any call waits for a connection. */
  async #take(tenant: string): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        go: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#leave(tenant, waiting);
        reject(new StorageError(BUSY));
      }, this.#patienceMs);
      const all = this.#waiting.get(tenant) ?? new Set();
      this.#waiting.set(tenant, all.add(waiting));
    });
  }

  #giveBack(): void {
    const [turn] = this.#waiting;
    if (!turn) {
      this.#free += 1;
      return;
    }
    const [tenant, all] = turn;
    // Its next turn is after everybody else's.
    this.#waiting.delete(tenant);
    this.#waiting.set(tenant, all);
    const [next] = all;
    if (!next) return;
    this.#leave(tenant, next);
    next.go();
  }

  /** Tenants of whom nobody waits are not kept. */
  #leave(tenant: string, waiting: Waiting): void {
    const all = this.#waiting.get(tenant);
    all?.delete(waiting);
    if (all?.size === 0) this.#waiting.delete(tenant);
  }
}

const BUSY = `All connections for reading have been busy for ${CONNECTION_TIMEOUT_MS / 1_000} s; try again later, or have the operator raise PRESAGE_DATABASE_POOL_SIZE or lower PRESAGE_READ_TIMEOUT_MS.`;
