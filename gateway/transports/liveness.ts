import type { Outbox } from '../delivery/outbox.ts';
import type { GatewaySettings } from '../settings.ts';

type Verdict = 'alive' | 'stalled' | 'unresponsive';

/**
 * Whether a client is still there. One that has something waiting must take some of it; one that has nothing waiting
 * must answer pings. Time in which this process did not get to look is not held against it: after a pause (a suspended
 * machine, a long turn of the event loop) what the client did meanwhile is read only after the look.
 */
export class Liveness {
  readonly #outbox: Outbox;
  readonly #limit: number;
  readonly #pingInterval: number;
  #checkedAt = performance.now();
  #heardAt = this.#checkedAt;
  #tookAt = this.#checkedAt;
  #taken = 0;

  constructor(outbox: Outbox, { stalledAfterMs, pingIntervalMs }: GatewaySettings) {
    this.#outbox = outbox;
    this.#limit = stalledAfterMs;
    this.#pingInterval = pingIntervalMs;
  }

  heard(): void {
    this.#heardAt = performance.now();
  }

  /** To be called at the pace of the pings. */
  check(): Verdict {
    const now = performance.now();
    const paused = Math.max(0, now - this.#checkedAt - this.#pingInterval);
    this.#checkedAt = now;
    this.#heardAt = Math.min(now, this.#heardAt + paused);
    this.#tookAt = Math.min(now, this.#tookAt + paused);
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
