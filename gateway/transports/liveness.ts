import type { Outbox } from '../delivery/outbox.ts';
import type { GatewaySettings } from '../settings.ts';

type Verdict = 'alive' | 'stalled' | 'unresponsive';

/**
 * Whether a client is still there. One that has something waiting must take some of it; one that has nothing waiting
 * must answer pings.
 */
export class Liveness {
  readonly #outbox: Outbox;
  readonly #limit: number;
  readonly #pingInterval: number;
  #heardAt = performance.now();
  #tookAt = performance.now();
  #taken = 0;

  constructor(outbox: Outbox, { stalledAfterMs, pingIntervalMs }: GatewaySettings) {
    this.#outbox = outbox;
    this.#limit = stalledAfterMs;
    this.#pingInterval = pingIntervalMs;
  }

  heard(): void {
    this.#heardAt = performance.now();
  }

  check(): Verdict {
    const now = performance.now();
    const { takenBytes, bufferedBytes } = this.#outbox;
    if (takenBytes > this.#taken || bufferedBytes === 0) {
      this.#taken = takenBytes;
      this.#tookAt = now;
    }
    if (now - this.#tookAt >= this.#limit) return 'stalled';
    const silence = now - Math.max(this.#heardAt, bufferedBytes > 0 ? this.#tookAt : 0);
    return silence >= this.#limit + this.#pingInterval ? 'unresponsive' : 'alive';
  }
}
