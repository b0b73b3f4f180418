/** What a socket holds back while more follows at once, so that all goes out together. */
export interface Corked {
  /** Sends it, in one piece, and lets what is sent from then on through. */
  uncork(): void;
}

/**
 * What is handed out in one turn of the event loop is written when all of it has been handed out: what several entries
 * are to one connection is one write, which costs as much for ten frames as for one, and what one entry is to many
 * connections is so many writes on end, between which nothing else of ours is looked for in memory.
 */
export class Burst {
  #corked: Corked[] = [];
  #number = 0;
  #isOn = false;

  /** The burst that is on; 0 if none is. */
  get current(): number {
    return this.#isOn ? this.#number : 0;
  }

  /** Runs `handOut`; what is sent meanwhile may be held back until it is through. */
  during(handOut: () => void): void {
    if (this.#isOn) {
      handOut();
      return;
    }
    this.#number += 1;
    this.#isOn = true;
    try {
      handOut();
    } finally {
      this.#isOn = false;
      const corked = this.#corked;
      this.#corked = [];
      for (const each of corked) each.uncork();
    }
  }

  /** Hands out each of several in one burst. */
  each<T>(items: readonly T[], handOut: (item: T) => void): void {
    this.during(() => items.forEach(handOut));
  }

  /** Has it uncorked when the burst is through. */
  hold(corked: Corked): void {
    this.#corked.push(corked);
  }
}
