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
    // The client could do that by itself, but would not hear of a failure, which then ends the process.
    redis.on('ready', () => this.#subscribe([...this.#listeners.keys()]));
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
      this.#subscribe([channel]);
    }
    return () => {
      const those = this.#listeners.get(channel);
      if (!those?.delete(entry) || those.size > 0) return;
      this.#listeners.delete(channel);
      this.#redis.unsubscribe(channel).catch(() => undefined);
    };
  }

  /** Only closing ends in a rejection: while the connection is away this waits for it. */
  #subscribe(channels: readonly string[]): void {
    if (channels.length > 0) this.#redis.subscribe(...channels).catch(() => undefined);
  }
}
