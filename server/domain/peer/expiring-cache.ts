import type { EpochMs } from '../../../schema/time.ts';

/** Remembers values until a time that each of them has. Bounded: the oldest makes room. */
export class ExpiringCache<V> {
  readonly #capacity: number;
  readonly #now: () => EpochMs;
  readonly #entries = new Map<string, { readonly value: V; readonly until: EpochMs }>();

  constructor(capacity: number, now: () => EpochMs) {
    this.#capacity = capacity;
    this.#now = now;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.until > this.#now()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: V, until: EpochMs): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until });
    if (this.#entries.size <= this.#capacity) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
