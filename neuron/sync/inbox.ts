/**
 * Gathers what arrives within one turn of the event loop, so that a burst costs one transaction and not one each.
 * `deliver` is called with everything since the last time, in order; what it throws goes to `fail`.
 */
export class Inbox<T> {
  readonly #deliver: (items: readonly T[]) => void;
  readonly #fail: (error: unknown) => void;
  readonly #limit: number;
  #items: T[] = [];
  #scheduled: NodeJS.Immediate | undefined;

  constructor(limit: number, deliver: (items: readonly T[]) => void, fail: (error: unknown) => void) {
    this.#limit = limit;
    this.#deliver = deliver;
    this.#fail = fail;
  }

  push(item: T): void {
    this.#items.push(item);
    if (this.#items.length >= this.#limit) this.flush();
    else this.#scheduled ??= setImmediate(() => this.flush());
  }

  flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const items = this.#items;
    this.#items = [];
    if (items.length === 0) return;
    try {
      this.#deliver(items);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Forgets what has not been delivered: the log will give it again. */
  discard(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#items = [];
  }
}
