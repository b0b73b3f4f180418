import type { Logger } from '../logger.ts';
import { Channels } from './channels.ts';
import { type Client, openClient } from './client.ts';
import { type Keys, keysOf } from './keys.ts';
import type { RedisSettings } from './settings.ts';

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
  #away = false;

  constructor(settings: RedisSettings, logger: Logger) {
    this.settings = settings;
    this.keys = keysOf(settings.prefix);
    this.#logger = logger;
    this.commands = openClient(settings, 'commands');
    this.#subscriber = openClient(settings, 'pubsub');
    this.channels = new Channels(this.#subscriber);
    this.#subscriber.on('error', () => undefined);
    this.commands.on('error', (error: Error) => this.#noteAway(error));
    this.commands.on('close', () => this.#noteAway(new Error('the connection ended')));
    this.commands.on('ready', () => this.#noteBack());
  }

  get isReady(): boolean {
    return this.commands.status === 'ready';
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
    const redis = openClient(this.settings, 'blocking');
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
    for (const redis of this.#blocking) redis.disconnect();
    this.#blocking.clear();
    this.#subscriber.disconnect();
    this.commands.disconnect();
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
