/** A map by texts of bounded length altogether, which drops what was used the longest ago. */
export class LeastRecentlyUsed<V> {
  readonly #capacity: number;
  readonly #entries = new Map<string, V>();
  #length = 0;

  /** `capacity` is in characters of the keys. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.#drop(key);
    this.#entries.set(key, value);
    this.#length += key.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#length <= this.#capacity) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    if (this.#entries.delete(key)) this.#length -= key.length;
  }
}
