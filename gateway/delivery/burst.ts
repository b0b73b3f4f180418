/** What holds frames back while others follow at once, so that all go out together. */
export interface Holding {
  /** Sends what was held back, and holds nothing back any more. */
  release(): void;
}

/**
 * Several entries that are handed out in one turn of the event loop: what they are to one connection is written once,
 * as a write to a socket costs as much for ten frames as for one. A single entry is no burst, and nothing of it waits.
 */
export class Burst {
  #holding: Holding[] = [];
  #isOn = false;

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Runs `handOut`; what is sent meanwhile may be held back until it is through. */
  during(handOut: () => void): void {
    if (this.#isOn) {
      handOut();
      return;
    }
    this.#isOn = true;
    try {
      handOut();
    } finally {
      this.#isOn = false;
      const holding = this.#holding;
      this.#holding = [];
      for (const each of holding) each.release();
    }
  }

  /** Hands out each of several in a burst; one by itself needs none. */
  each<T>(items: readonly T[], handOut: (item: T) => void): void {
    if (items.length > 1) this.during(() => items.forEach(handOut));
    else items.forEach(handOut);
  }

  /** Has it released when the burst is through. */
  hold(holding: Holding): void {
    this.#holding.push(holding);
  }
}
