import { PresageError } from '../../schema/errors.ts';

/** Of the time that passes, the share that is given back to who has used his up. */
const REFILL = 0.1;
/** One operation counts for no more, in ms: what takes longer, within the limits of its length, is a process that stood still. */
const LONGEST_MS = 1_000;
/** Addresses that are remembered; one that was left alone for a while has all of its time again, and is as good as none. */
const MAX_ADDRESSES = 10_000;

/**
 * How long operations that are not known yet may take to be parsed and validated, by the address that they come from.
 * Some take a tenth of a second within every limit of their length, and whoever sends them by the hundred would have the
 * process to himself. What is known already costs nothing.
 */
export class ReadingTime {
  readonly #capacityMs: number;
  readonly #now: () => number;
  readonly #used = new Map<string, { ms: number; at: number }>();

  constructor(capacityMs: number, now: () => number = () => performance.now()) {
    this.#capacityMs = capacityMs;
    this.#now = now;
  }

  /** Runs what reads an operation. Throws `LIMITED` where the address has no time left, and what that throws. */
  take<T>(address: string | undefined, read: () => T): T {
    if (address === undefined) return read();
    const began = this.#now();
    const used = this.#usedBy(address, began);
    if (used >= this.#capacityMs) {
      const seconds = Math.ceil((used - this.#capacityMs) / REFILL / 1_000) + 1;
      throw new PresageError(
        'LIMITED',
        `Reading operations from this address has taken ${Math.round(used)} ms of the ${this.#capacityMs} ms it may; put values into variables, so that operations are the same, ask for less in each, or try again in ${seconds} s.`,
      );
    }
    try {
      return read();
    } finally {
      const at = this.#now();
      this.#used.delete(address);
      this.#used.set(address, { ms: used + Math.min(at - began, LONGEST_MS), at });
      if (this.#used.size > MAX_ADDRESSES) this.#dropOldest();
    }
  }

  #usedBy(address: string, now: number): number {
    const used = this.#used.get(address);
    return used ? Math.max(0, used.ms - (now - used.at) * REFILL) : 0;
  }

  #dropOldest(): void {
    const oldest = this.#used.keys().next();
    if (!oldest.done) this.#used.delete(oldest.value);
  }
}
