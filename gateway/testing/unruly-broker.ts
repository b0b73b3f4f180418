import type { LogEntry } from '../../schema/log-entry.ts';
import type { Broker } from '../ports.ts';

/** A broker that does all that a broker may: drops, repeats, reorders and delays, as `chance` (0 to 1) has it. */
export class UnrulyBroker implements Broker {
  readonly #consumers = new Set<{
    readonly tenant: string;
    readonly onEntries: (entries: readonly LogEntry[]) => void;
  }>();
  readonly #chance: () => number;
  #held: LogEntry[] = [];

  constructor(chance: () => number) {
    this.#chance = chance;
  }

  publish(tenant: string, entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      const fate = this.#chance();
      if (fate < 0.15) continue;
      if (fate < 0.35) this.#held.push(entry);
      else this.#handOver(tenant, fate < 0.5 ? [entry, entry] : [entry]);
      if (this.#chance() < 0.3) this.#release(tenant);
    }
  }

  consume(tenant: string, onEntries: (entries: readonly LogEntry[]) => void): () => void {
    const consumer = { tenant, onEntries };
    this.#consumers.add(consumer);
    return () => {
      this.#consumers.delete(consumer);
    };
  }

  async close(): Promise<void> {
    this.#consumers.clear();
  }

  #release(tenant: string): void {
    const held = this.#held;
    this.#held = [];
    this.#handOver(tenant, held.reverse());
  }

  #handOver(tenant: string, entries: readonly LogEntry[]): void {
    for (const consumer of this.#consumers) if (consumer.tenant === tenant) consumer.onEntries(entries);
  }
}
