/** Rendered payloads by name, the oldest dropped when they are more than so many bytes. */
export class PayloadCache {
  readonly #payloads = new Map<string, Buffer>();
  readonly #capacity: number;
  #bytes = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(name: string): Buffer | undefined {
    return this.#payloads.get(name);
  }

  put(name: string, payload: Buffer): void {
    if (this.#payloads.has(name)) return;
    this.#payloads.set(name, payload);
    this.#bytes += payload.length;
    for (const [oldest, { length }] of this.#payloads) {
      if (this.#bytes <= this.#capacity) break;
      this.#payloads.delete(oldest);
      this.#bytes -= length;
    }
  }
}
