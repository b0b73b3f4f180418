import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { type LogEntry, type Position, WRITTEN_TOPICS } from '../../schema/log-entry.ts';
import { run } from '../redis/script.ts';
import { DROP_BEYOND, PUBLISH } from '../redis/scripts.ts';
import type { RedisBrokerParts } from './redis-parts.ts';

/** Entries added by one script: it keeps Redis busy for a millisecond or so. */
const MAX_TOGETHER = 500;
/** Entries that may wait for Redis; past that the oldest are dropped, and read from the log when they are missed. */
const MAX_WAITING = 20_000;
/** How long another process that has committed may take to publish before that is done for it, in ms. */
const OTHERS_MS = 5;

/** Publishes one tenant's entries, in order and without a hole, one script at a time. */
export class RedisLogWriter {
  readonly #tenant: string;
  readonly #parts: RedisBrokerParts;
  #waiting: LogEntry[] = [];
  #draining: Promise<void> | null = null;
  /** Whether the last ones were not published, which is said once. */
  #failed = false;

  constructor(tenant: string, parts: RedisBrokerParts) {
    this.#tenant = tenant;
    this.#parts = parts;
  }

  write(entries: readonly LogEntry[]): void {
    // It would only go stale: consumers find it in the log.
    if (!this.#parts.redis.isReady) return;
    for (const entry of entries) this.#waiting.push(entry);
    if (this.#waiting.length > MAX_WAITING) this.#waiting = this.#waiting.slice(-MAX_WAITING);
    this.#draining ??= this.#drain();
  }

  async idle(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    // In a later turn: calls that committed together are published together, and nobody waits for it.
    await nextTurn();
    while (this.#waiting.length > 0) {
      const entries = this.#take();
      try {
        await this.#publish(entries);
        this.#failed = false;
      } catch (error) {
        this.#waiting = [];
        this.#sayFailed(error);
      }
    }
    // In the turn of the last check, so that nothing can come in between and be left.
    this.#draining = null;
  }

  #sayFailed(error: unknown): void {
    const { logger } = this.#parts;
    if (!this.#failed) {
      logger.warn({ err: error, tenant: this.#tenant }, 'entries are not published; they are in the log');
    }
    this.#failed = true;
  }

  /** The next entries without a hole between them: calls may have ended in another order than they committed. */
  #take(): LogEntry[] {
    this.#waiting.sort((a, b) => a.position - b.position);
    const first = this.#waiting[0]?.position ?? 0;
    let count = 0;
    while (count < MAX_TOGETHER && this.#waiting[count]?.position === first + count) count += 1;
    return this.#waiting.splice(0, Math.max(count, 1));
  }

  async #publish(entries: readonly LogEntry[]): Promise<void> {
    const [first, through] = [entries[0]?.position ?? 0, entries.at(-1)?.position ?? 0];
    let last = await this.#add(entries);
    if (last >= through) return this.#checkPast(last, entries);
    if (last === 0 || first <= last + 1) return;
    await pause(OTHERS_MS);
    last = await this.#add(entries);
    if (last > 0 && first > last + 1) {
      await this.#fill(last, first - 1);
      await this.#add(entries);
    }
  }

  /** Publishes what another process committed and did not publish. */
  async #fill(after: Position, through: Position): Promise<void> {
    const { log, redis, logger } = this.#parts;
    // Longer than the log that is kept, and it had better begin anew.
    let from = Math.max(after, through - redis.settings.logLength);
    if (from > after) await redis.commands.del(redis.keys.log(this.#tenant));
    logger.debug({ tenant: this.#tenant, after: from, through }, 'publishing for another process');
    while (from < through) {
      const read = {
        tenant: this.#tenant,
        topics: WRITTEN_TOPICS,
        after: from,
        through,
        limit: MAX_TOGETHER,
      };
      const page = await log.read(read);
      if (page.through <= from)
        throw new Error(`the log has nothing after ${from}, although it reaches ${through}`);
      if (page.entries.length > 0) await this.#add(page.entries);
      from = page.through;
    }
  }

  /** All was there already: another process did it, or Redis has the log of a database that was since replaced. */
  async #checkPast(last: Position, entries: readonly LogEntry[]): Promise<void> {
    const { log, redis, logger } = this.#parts;
    const head = await log.head(this.#tenant);
    if (last <= head) return;
    const keys = [redis.keys.log(this.#tenant)];
    const dropped = await run(redis.commands, DROP_BEYOND, keys, [head, redis.keys.logWake(this.#tenant)]);
    if (dropped !== 1) return;
    logger.warn(
      { tenant: this.#tenant, last, head },
      'Redis had entries that the database has not; they are gone',
    );
    await this.#add(entries);
  }

  /** Gives the last position that was there before. */
  async #add(entries: readonly LogEntry[]): Promise<Position> {
    const { redis } = this.#parts;
    const texts = entries.map((entry) => JSON.stringify(entry));
    const values = [
      redis.settings.logLength,
      redis.keys.logWake(this.#tenant),
      entries[0]?.position ?? 0,
      ...texts,
    ];
    return Number(await run(redis.commands, PUBLISH, [redis.keys.log(this.#tenant)], values));
  }
}
