import type { Client } from './client.ts';

type Listener = (message: string) => void;

/**
 * Pub/sub over one connection. A channel is subscribed to with its first listener here and unsubscribed from with its
 * last. Messages may be lost: they only say that there is something to look at.
 */
export class Channels {
  readonly #redis: Client;
  readonly #listeners = new Map<string, Set<{ readonly listener: Listener }>>();

  constructor(redis: Client) {
    this.#redis = redis;
    redis.on('message', (channel: string, message: string) => {
      for (const { listener } of [...(this.#listeners.get(channel) ?? [])]) listener(message);
    });
  }

  get size(): number {
    return this.#listeners.size;
  }

  /** Calls back with every message until the returned function is called. */
  listen(channel: string, listener: Listener): () => void {
    const entry = { listener };
    const present = this.#listeners.get(channel);
    if (present) present.add(entry);
    else {
      this.#listeners.set(channel, new Set([entry]));
      // The client subscribes again by itself when its connection comes back; only closing ends in a rejection.
      this.#redis.subscribe(channel).catch(() => undefined);
    }
    return () => {
      const those = this.#listeners.get(channel);
      if (!those?.delete(entry) || those.size > 0) return;
      this.#listeners.delete(channel);
      this.#redis.unsubscribe(channel).catch(() => undefined);
    };
  }
}
