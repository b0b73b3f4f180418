import type { LogEntry } from '../../schema/log-entry.ts';
import type { Broker } from '../ports.ts';
import { RedisLogConsumer } from './redis-consumer.ts';
import type { RedisBrokerParts } from './redis-parts.ts';
import { RedisLogWriter } from './redis-writer.ts';

/**
 * The broker of many processes: each tenant's newest entries are a Redis Stream whose ids are the positions. It never
 * has a hole inside, since whoever publishes fills what others left out. While Redis is away nothing is published, and
 * consumers heal from the log.
 */
export class RedisBroker implements Broker {
  readonly #parts: RedisBrokerParts;
  readonly #writers = new Map<string, RedisLogWriter>();
  readonly #consumers = new Map<string, RedisLogConsumer>();

  constructor(parts: RedisBrokerParts) {
    this.#parts = parts;
  }

  publish(tenant: string, entries: readonly LogEntry[]): void {
    if (entries.length === 0) return;
    let writer = this.#writers.get(tenant);
    if (!writer) {
      writer = new RedisLogWriter(tenant, this.#parts);
      this.#writers.set(tenant, writer);
    }
    writer.write(entries);
  }

  consume(tenant: string, onEntries: (entries: readonly LogEntry[]) => void): () => void {
    const consumer = this.#consumers.get(tenant) ?? new RedisLogConsumer(tenant, this.#parts);
    this.#consumers.set(tenant, consumer);
    const stop = consumer.add(onEntries);
    return () => {
      stop();
      if (consumer.isIdle && this.#consumers.get(tenant) === consumer) this.#consumers.delete(tenant);
    };
  }

  /** Resolves when what was handed over is in Redis, or could not be put there. */
  async close(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.idle()));
    for (const consumer of this.#consumers.values()) consumer.close();
    this.#consumers.clear();
  }
}
