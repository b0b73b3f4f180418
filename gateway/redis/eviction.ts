import { Cluster, type Redis } from 'ioredis';
import type { Client } from './client.ts';

/** How often is looked, in ms. */
const LOOK_MS = 5_000;
/** How long an eviction is told of, in ms. */
const REMEMBERED_MS = 30_000;

/**
 * Watches whether Redis throws keys away to make room, as it may unless its policy is `noeviction`. What is lost heals, by
 * reading the database; somebody should know.
 */
export class EvictionWatch {
  readonly #client: Client;
  readonly #onEvicted: (policy: string) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #evicted = new Map<string, number>();
  #policy = '';
  #at = Number.NEGATIVE_INFINITY;

  constructor(client: Client, onEvicted: (policy: string) => void) {
    this.#client = client;
    this.#onEvicted = onEvicted;
    this.#timer = setInterval(() => {
      // One that is away is looked at when it is back; one that says nothing of itself to this user can't be.
      this.#look().catch(() => undefined);
    }, LOOK_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** In words for anybody; null where nothing was thrown away lately. */
  get reason(): string | null {
    if (Date.now() - this.#at > REMEMBERED_MS) return null;
    return `is full and throws keys away (maxmemory-policy ${this.#policy}): set it to noeviction, and raise its maxmemory`;
  }

  async #look(): Promise<void> {
    if (this.#client.status !== 'ready') return;
    const nodes = this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client];
    await Promise.all(nodes.map((node) => this.#lookAt(node)));
  }

  async #lookAt(node: Redis): Promise<void> {
    const [memory, stats] = await Promise.all([node.info('memory'), node.info('stats')]);
    const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1] ?? '';
    const evicted = Number(/evicted_keys:(\d+)/.exec(stats)?.[1] ?? 0);
    const name = `${node.options.host}:${node.options.port}`;
    const before = this.#evicted.get(name);
    this.#evicted.set(name, evicted);
    if (before === undefined || evicted <= before || policy === 'noeviction') return;
    const isNews = this.reason === null;
    this.#policy = policy;
    this.#at = Date.now();
    if (isNews) this.#onEvicted(policy);
  }
}
