import type { TurnQueue } from './turn-queue.ts';

/** A call that waits for its turn at a log. */
interface Call {
  readonly items: readonly unknown[];
  reject(error: unknown): void;
}

export interface TurnBatchesParts<C extends Call> {
  /** The turns at a tenant's log. */
  readonly turns: (tenant: string) => TurnQueue;
  /** Items of one batch, at most, unless one call alone has more. */
  readonly maxItems: number;
  /** Does all calls of a batch together and answers them; what it throws is their answer otherwise. */
  readonly work: (tenant: string, calls: readonly C[]) => Promise<void>;
}

/**
 * Calls that come while a transaction is under way wait for the next one, which takes all of them together: the more
 * callers, the larger the transactions, and the lock is held once a batch, not once a call.
 */
export class TurnBatches<C extends Call> {
  readonly #parts: TurnBatchesParts<C>;
  readonly #waiting = new Map<string, C[]>();

  constructor(parts: TurnBatchesParts<C>) {
    this.#parts = parts;
  }

  add(tenant: string, call: C): void {
    const waiting = this.#waiting.get(tenant);
    if (waiting) {
      waiting.push(call);
      return;
    }
    this.#waiting.set(tenant, [call]);
    this.#takeTurn(tenant);
  }

  /** Asks for a turn at the log; what waits when it comes is the batch. */
  #takeTurn(tenant: string): void {
    const { turns, work } = this.#parts;
    turns(tenant)
      .run(async () => {
        const calls = this.#nextBatch(tenant);
        try {
          await work(tenant, calls);
        } catch (error) {
          for (const call of calls) call.reject(error);
        }
      })
      .catch(() => undefined);
  }

  #nextBatch(tenant: string): C[] {
    const waiting = this.#waiting.get(tenant) ?? [];
    let rows = 0;
    let count = 0;
    for (const { items } of waiting) {
      if (count > 0 && rows + items.length > this.#parts.maxItems) break;
      rows += items.length;
      count += 1;
    }
    const batch = waiting.splice(0, count);
    if (waiting.length === 0) this.#waiting.delete(tenant);
    else this.#takeTurn(tenant);
    return batch;
  }
}
