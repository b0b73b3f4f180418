import { setImmediate as endOfTurn } from 'node:timers/promises';

/** Calls that wait to be taken together, in the order in which they came. */
export class WaitingCalls<C extends { readonly items: readonly unknown[] }> {
  readonly #maxItems: number;
  readonly #calls: C[] = [];
  #rows = 0;
  #awaited = 0;
  #onGrowth: (() => void) | undefined;

  /** `maxItems` are taken together at most, unless one call alone has more. */
  constructor(maxItems: number) {
    this.#maxItems = maxItems;
  }

  get calls(): number {
    return this.#calls.length;
  }

  /** Items of all of them. */
  get rows(): number {
    return this.#rows;
  }

  add(call: C): void {
    this.#calls.push(call);
    this.#rows += call.items.length;
    if (this.#rows >= this.#awaited) this.#onGrowth?.();
  }

  /**
   * Resolves when a turn of the event loop has brought no more, or when `rows` wait, or after `limitMs`. Requests that have
   * arrived by then are read; a call that comes alone waits for the end of its turn.
   */
  async gathered(rows: number, limitMs: number): Promise<void> {
    const until = performance.now() + limitMs;
    let before: number;
    do {
      before = this.#calls.length;
      await endOfTurn();
    } while (this.#calls.length > before && this.#rows < rows && performance.now() < until);
  }

  take(): C[] {
    let rows = 0;
    let count = 0;
    for (const { items } of this.#calls) {
      if (count > 0 && rows + items.length > this.#maxItems) break;
      rows += items.length;
      count += 1;
    }
    this.#rows -= rows;
    return this.#calls.splice(0, count);
  }

  takeAll(): C[] {
    this.#rows = 0;
    return this.#calls.splice(0);
  }

  /** Resolves with false when the next call has come and `rows` wait. Only the one who asked last is told. */
  grown(rows: number): Promise<false> {
    this.#awaited = rows;
    return new Promise((resolve) => {
      this.#onGrowth = () => resolve(false);
    });
  }
}
