import type { LogEntry, Position } from '../../schema/log-entry.ts';
import type { RedisBrokerParts } from './redis-parts.ts';

/** Entries read at once. */
const PAGE = 500;

type OnEntries = (entries: readonly LogEntry[]) => void;

/** Reads one tenant's log in Redis whenever its channel says that there is more. */
export class RedisLogConsumer {
  readonly #tenant: string;
  readonly #parts: RedisBrokerParts;
  readonly #consumers = new Set<{ readonly onEntries: OnEntries }>();
  #unlisten: (() => void) | null = null;
  /** The last position read; null before the first. */
  #position: Position | null = null;
  #reading = false;
  #again = false;

  constructor(tenant: string, parts: RedisBrokerParts) {
    this.#tenant = tenant;
    this.#parts = parts;
  }

  get isIdle(): boolean {
    return this.#consumers.size === 0;
  }

  add(onEntries: OnEntries): () => void {
    const { channels, keys } = this.#parts.redis;
    const consumer = { onEntries };
    this.#consumers.add(consumer);
    this.#unlisten ??= channels.listen(keys.logWake(this.#tenant), (message) => this.#wake(message));
    return () => {
      this.#consumers.delete(consumer);
      if (this.isIdle) this.close();
    };
  }

  close(): void {
    this.#consumers.clear();
    this.#unlisten?.();
    this.#unlisten = null;
  }

  #wake(message: string): void {
    const [first = 0, through = 0] = message.split(' ').map(Number);
    // Nothing is left of the log: the database was put back in time, and its log begins anew further down.
    if (through === 0) this.#position = null;
    if (through <= (this.#position ?? 0)) return;
    this.#position ??= first - 1;
    this.#again = true;
    if (!this.#reading) void this.#read();
  }

  /** Never rejects: what was not read is missed, and then read from the database. */
  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#again && !this.isIdle) {
        this.#again = false;
        await this.#readPage();
      }
    } catch (error) {
      const { logger } = this.#parts;
      logger.debug({ err: error, tenant: this.#tenant }, 'reading the log from Redis failed; it heals');
    } finally {
      this.#reading = false;
    }
  }

  async #readPage(): Promise<void> {
    const { commands, keys } = this.#parts.redis;
    const from = `(${this.#position ?? 0}-0`;
    const rows = await commands.xrange(keys.log(this.#tenant), from, '+', 'COUNT', PAGE);
    const last = rows.at(-1);
    if (!last) return;
    this.#position = Number.parseInt(last[0], 10);
    if (rows.length === PAGE) this.#again = true;
    const entries = rows.map(([, fields]): LogEntry => JSON.parse(fields[1] ?? ''));
    for (const { onEntries } of this.#consumers) {
      try {
        onEntries(entries);
      } catch (error) {
        const { logger } = this.#parts;
        logger.error(
          { err: error, tenant: this.#tenant },
          'a consumer of the broker failed; it heals from the log',
        );
      }
    }
  }
}
