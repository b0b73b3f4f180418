import type { Logger } from '../logger.ts';
import { Channels } from './channels.ts';
import { type Client, openClient, type Purpose } from './client.ts';
import { EvictionWatch } from './eviction.ts';
import { type Keys, keysOf } from './keys.ts';
import { Refused } from './refused.ts';
import type { RedisSettings } from './settings.ts';

/** Whatever is refused is tried again within a lease, by whoever has something to do. */
const REMEMBERED_LEASES = 3;

/**
 * One process' connections: commands, which fail at once while Redis is away, so that nobody waits for it; pub/sub,
 * which subscribes again by itself; and connections for blocking reads, one for each who reads.
 */
export class RedisConnections {
  readonly settings: RedisSettings;
  readonly keys: Keys;
  readonly commands: Client;
  readonly channels: Channels;
  readonly #subscriber: Client;
  readonly #blocking = new Set<Client>();
  readonly #logger: Logger;
  readonly #refused: Refused;
  readonly #evictions: EvictionWatch;
  #away = false;

  constructor(settings: RedisSettings, logger: Logger) {
    this.settings = settings;
    this.keys = keysOf(settings.prefix);
    this.#logger = logger;
    const sayRefused = (err: Error) => logger.error({ err }, 'Redis refuses what is needed of it');
    this.#refused = new Refused(sayRefused, REMEMBERED_LEASES * settings.leaseMs);
    this.commands = this.#open('commands');
    this.#subscriber = this.#open('pubsub');
    this.#evictions = new EvictionWatch(this.commands, (policy) =>
      logger.warn(
        { policy },
        'Redis throws keys away; set its maxmemory-policy to noeviction, and raise its maxmemory',
      ),
    );
    this.channels = new Channels(this.#subscriber);
    this.#subscriber.on('error', () => undefined);
    this.commands.on('error', (error: Error) => this.#noteAway(error));
    this.commands.on('close', () => this.#noteAway(new Error('the connection ended')));
    this.commands.on('ready', () => this.#noteBack());
  }

  get isReady(): boolean {
    return this.commands.status === 'ready';
  }

  /** What is wrong with a Redis that answers, in words for anybody; null if nothing is. */
  get trouble(): string | null {
    return this.#refused.reason ?? this.#evictions.reason;
  }

  /** Resolves when commands can be sent, or the connections are closed. */
  async ready(): Promise<void> {
    if (this.isReady || this.commands.status === 'end') return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.commands.off('ready', done);
        this.commands.off('end', done);
        resolve();
      };
      this.commands.on('ready', done);
      this.commands.on('end', done);
    });
  }

  /** A connection of its own for someone who waits on it; `closeBlocking` ends it. */
  openBlocking(): Client {
    const redis = this.#open('blocking');
    redis.on('error', () => undefined);
    this.#blocking.add(redis);
    return redis;
  }

  closeBlocking(redis: Client): void {
    this.#blocking.delete(redis);
    redis.disconnect();
  }

  close(): void {
    this.#away = true;
    this.#evictions.close();
    for (const redis of this.#blocking) redis.disconnect();
    this.#blocking.clear();
    this.#subscriber.disconnect();
    this.commands.disconnect();
  }

  #open(purpose: Purpose): Client {
    return openClient(this.settings, purpose, (error) => this.#refused.note(error));
  }

  /** Once per outage. Errors of the client name host and port, never the URL with its password. */
  #noteAway(error: Error): void {
    if (this.#away) return;
    this.#away = true;
    this.#logger.warn({ err: error }, 'Redis is away; writes go on, and subscriptions are fed from Postgres');
  }

  #noteBack(): void {
    if (this.#away) this.#logger.info({}, 'Redis is back');
    this.#away = false;
  }
}
