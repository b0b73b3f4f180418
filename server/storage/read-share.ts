import type pg from 'pg';
import { CONNECTION_TIMEOUT_MS } from './connection-timeout.ts';
import { StorageError } from './errors.ts';
import type { Queryable, TenantReads } from './tenant-connections.ts';

/** Whoever waits for one of the connections that may be used. */
interface Waiting {
  readonly go: () => void;
}

/**
 * Part of the connections of readers: `most` statements at once, the others in the order in which they came, so that those
 * who share the connections always find one that is not used by these.
 */
export class ReadShare implements TenantReads {
  readonly #reads: TenantReads;
  readonly #waiting = new Set<Waiting>();
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
        await this.#take();
        try {
          return await reads.query<R>(query, values);
        } finally {
          this.#giveBack();
        }
      },
    };
  }

  /** Throws `UNAVAILABLE` after as long as any call waits for a connection. */
  async #take(): Promise<void> {
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
        this.#waiting.delete(waiting);
        reject(new StorageError(BUSY));
      }, this.#patienceMs);
      this.#waiting.add(waiting);
    });
  }

  #giveBack(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next.go();
  }
}

const BUSY = `All connections for reading have been busy for ${CONNECTION_TIMEOUT_MS / 1_000} s; try again later, or have the operator raise PRESAGE_DATABASE_POOL_SIZE or lower PRESAGE_READ_TIMEOUT_MS.`;
