import type { LogEntry, Position } from '../../schema/log-entry.ts';
import type { Burst } from '../delivery/burst.ts';
import type { Logger } from '../logger.ts';
import type { Broker, LogReader } from '../ports.ts';
import type { GatewaySettings } from '../settings.ts';
import type { Counters } from '../stats.ts';
import { Intake } from './intake.ts';

export interface IntakesParts {
  readonly log: LogReader;
  readonly broker: Broker;
  readonly logger: Logger;
  readonly settings: GatewaySettings;
  readonly counters: Counters;
  /** Where several entries are handed on at once; none where nothing is sent to connections. */
  readonly burst?: Burst;
}

type OnEntry = (entry: LogEntry) => void;

interface Open {
  readonly intake: Intake;
  readonly started: Promise<void>;
  readonly watchers: Set<Watch>;
  readonly stopConsuming: () => void;
}

/** One tenant's entries, for one of those who share its intake. */
export interface Watch {
  readonly tenant: string;
  /** Resolves when the position is known. Rejects if the log can't be read; the watch is to be closed then. */
  readonly started: Promise<void>;
  readonly intake: Pick<Intake, 'position' | 'behind' | 'since' | 'reached' | 'notice'>;
  readonly onEntry: OnEntry;
  close(): void;
}

/** The intakes of the tenants that somebody watches, each opened once. */
export class Intakes {
  readonly #parts: IntakesParts;
  readonly #open = new Map<string, Open>();

  constructor(parts: IntakesParts) {
    this.#parts = parts;
  }

  /** Calls back with each of the tenant's entries once and in order, in the turn in which the position moves past it. */
  watch(tenant: string, onEntry: OnEntry): Watch {
    const open = this.#open.get(tenant) ?? this.#start(tenant);
    const watch: Watch = {
      ...{ tenant, onEntry, started: open.started, intake: open.intake },
      close: () => this.#leave(tenant, open, watch),
    };
    open.watchers.add(watch);
    return watch;
  }

  /** Newest known positions of the tenants that are watched. */
  positions(): ReadonlyMap<string, Position> {
    return new Map([...this.#open].map(([tenant, { intake }]) => [tenant, intake.position]));
  }

  close(): void {
    for (const { intake, stopConsuming } of this.#open.values()) {
      stopConsuming();
      intake.close();
    }
    this.#open.clear();
  }

  #start(tenant: string): Open {
    const watchers = new Set<Watch>();
    const intake = new Intake(tenant, {
      ...this.#parts,
      onEntry: (entry) => {
        for (const { onEntry } of watchers) onEntry(entry);
      },
    });
    const stopConsuming = this.#parts.broker.consume(tenant, (entries) => intake.offer(entries));
    const open = { intake, started: intake.start(), watchers, stopConsuming };
    // Each watcher is told; nobody may be left by then.
    open.started.catch(() => undefined);
    this.#open.set(tenant, open);
    return open;
  }

  #leave(tenant: string, open: Open, watch: Watch): void {
    if (!open.watchers.delete(watch) || open.watchers.size > 0) return;
    open.stopConsuming();
    open.intake.close();
    if (this.#open.get(tenant) === open) this.#open.delete(tenant);
  }
}
