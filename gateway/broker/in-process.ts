import type { LogEntry } from '../../schema/log-entry.ts';
import type { Logger } from '../logger.ts';
import type { Broker } from '../ports.ts';

type Consumer = (entries: readonly LogEntry[]) => void;

/**
 * The broker of a network in one process. Publications are handed over as soon as the writer's code has gone on, before
 * the event loop turns to anything else: an event is on its way before answers are made and the next requests are read.
 * What was published by then is handed over together, so that a connection is written to once for all of it. A consumer
 * that throws fails neither the writer nor the others.
 */
export class InProcessBroker implements Broker {
  readonly #consumers = new Map<string, Set<{ readonly onEntries: Consumer }>>();
  readonly #logger: Logger;
  #waiting = new Map<string, LogEntry[]>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  publish(tenant: string, entries: readonly LogEntry[]): void {
    if (entries.length === 0 || !this.#consumers.has(tenant)) return;
    if (this.#waiting.size === 0) queueMicrotask(() => this.#handOver());
    const waiting = this.#waiting.get(tenant);
    if (!waiting) this.#waiting.set(tenant, [...entries]);
    else for (const entry of entries) waiting.push(entry);
  }

  consume(tenant: string, onEntries: Consumer): () => void {
    const consumer = { onEntries };
    const those = this.#consumers.get(tenant) ?? new Set();
    this.#consumers.set(tenant, those.add(consumer));
    return () => {
      those.delete(consumer);
      if (those.size === 0 && this.#consumers.get(tenant) === those) this.#consumers.delete(tenant);
    };
  }

  async close(): Promise<void> {
    this.#consumers.clear();
    this.#waiting.clear();
  }

  #handOver(): void {
    const publications = this.#waiting;
    this.#waiting = new Map();
    for (const [tenant, entries] of publications) {
      for (const { onEntries } of this.#consumers.get(tenant) ?? []) {
        try {
          onEntries(entries);
        } catch (error) {
          this.#logger.error(
            { err: error, tenant },
            'a consumer of the broker failed; it heals from the log',
          );
        }
      }
    }
  }
}
