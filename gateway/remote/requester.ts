import type { RedisConnections } from '../redis/connections.ts';
import { encode, type Request } from '../redis/messages.ts';

/** Requests kept for a streamer that comes later: it reads the registry whole where it finds that some are missing. */
const KEPT = 1_000;

/**
 * Changes a gateway's registry, and tells the streamer: the registry first, so that whoever reads it after a request's
 * number finds what the request says. Requests made in one turn go out together under one number.
 */
export class Requester {
  readonly #redis: RedisConnections;
  readonly #gatewayId: string;
  readonly #onFailure: (error: Error) => void;
  #waiting: Request[] = [];
  #sent = 0;
  #sending = false;
  #closed = false;

  constructor(redis: RedisConnections, gatewayId: string, onFailure: (error: Error) => void) {
    this.#redis = redis;
    this.#gatewayId = gatewayId;
    this.#onFailure = onFailure;
  }

  /** The number that what is asked now will go out under. */
  get next(): number {
    return this.#sent + 1;
  }

  ask(request: Request): void {
    if (this.#closed) return;
    this.#waiting.push(request);
    if (this.#sending) return;
    this.#sending = true;
    setImmediate(() => {
      this.#send().catch((error: Error) => {
        if (!this.#closed) this.#onFailure(error);
      });
    });
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  async #send(): Promise<void> {
    const { commands, keys } = this.#redis;
    const { registry, requests: stream } = keys.gateway(this.#gatewayId);
    while (this.#waiting.length > 0 && !this.#closed) {
      const requests = this.#waiting;
      this.#waiting = [];
      this.#sent += 1;
      const { added, dropped } = changesOf(requests);
      const all = commands.multi();
      if (added.size > 0) all.hset(registry, added);
      if (dropped.length > 0) all.hdel(registry, ...dropped);
      all.xadd(stream, 'MAXLEN', '~', KEPT, `${this.#sent}-0`, 'r', encode({ requests }));
      await all.exec();
      await commands.publish(keys.registryWake(this.#gatewayId), String(this.#sent));
    }
    // In the turn of the last check, so that nothing can come in between and be left.
    this.#sending = false;
  }
}

/** What requests made in one turn come to: something may be added and dropped again, but never the other way round. */
function changesOf(requests: readonly Request[]): { added: Map<string, string>; dropped: string[] } {
  const added = new Map<string, string>();
  const dropped: string[] = [];
  for (const request of requests) {
    if (request.kind === 'add') added.set(request.id, encode(request.of));
    if (request.kind !== 'drop') continue;
    added.delete(request.id);
    dropped.push(request.id);
  }
  return { added, dropped };
}
