import { type LogEntry, type Position, WRITTEN_TOPICS } from '../../schema/log-entry.ts';
import type { Burst } from '../delivery/burst.ts';
import type { Logger } from '../logger.ts';
import type { LogReader } from '../ports.ts';
import type { GatewaySettings } from '../settings.ts';
import type { Counters } from '../stats.ts';
import { RecentEntries } from './recent-entries.ts';

/** Entries kept that came too early; the rest of a long hole is read from the log anyhow. */
const MAX_EARLY = 10_000;

export interface IntakeParts {
  readonly log: LogReader;
  readonly logger: Logger;
  readonly settings: GatewaySettings;
  readonly counters: Counters;
  /** In which several entries are handed on at once. */
  readonly burst?: Burst;
  /** Gets each entry once, in the order of positions. Must not throw. */
  readonly onEntry: (entry: LogEntry) => void;
}

/**
 * One tenant's entries in contiguous order, whatever the broker loses, repeats or reorders. What it can't have from
 * the broker it reads from the log: as soon as a later entry shows a hole, and at the head poll's pace for entries
 * that nothing later has shown.
 */
export class Intake {
  readonly #tenant: string;
  readonly #parts: IntakeParts;
  readonly #early = new Map<Position, LogEntry>();
  readonly #recent: RecentEntries;
  readonly #waiting = new Set<{ readonly position: Position; readonly resolve: () => void }>();
  readonly #poll: NodeJS.Timeout;
  /** -1 until the head at which it starts is known. */
  #position: Position = -1;
  /** The newest position that is known to be in the log. */
  #known: Position = -1;
  #healing = false;
  #polling = false;
  #closed = false;

  constructor(tenant: string, parts: IntakeParts) {
    this.#tenant = tenant;
    this.#parts = parts;
    this.#recent = new RecentEntries(parts.settings.recentEntries);
    this.#poll = setInterval(() => this.#askHead(), parts.settings.headPollMs);
    this.#poll.unref();
  }

  /** Every entry up to here has been handed on, or was there before the intake began. */
  get position(): Position {
    return this.#position;
  }

  /** Positions that are known to be there and have not been handed on. */
  get behind(): number {
    return this.#position === -1 ? 0 : Math.max(0, this.#known - this.#position);
  }

  /** Begins at the log's head. Rejects if that can't be read. */
  async start(): Promise<void> {
    const head = await this.#parts.log.head(this.#tenant);
    this.#position = head;
    this.#parts.log.timelines.saw(this.#tenant, head);
    this.#recent.restart(head);
    this.#known = Math.max(this.#known, head);
    this.#takeEarly();
    this.#healIfBehind();
  }

  offer(entries: readonly LogEntry[]): void {
    if (this.#closed) return;
    this.#inBurst(entries, (entry) => this.#offerOne(entry));
    this.#healIfBehind();
  }

  /** Entries after `position` up to the present one; `undefined` where that many are not kept. */
  since(position: Position): readonly LogEntry[] | undefined {
    return this.#recent.since(position);
  }

  /** Says that the log reaches `position`. */
  notice(position: Position): void {
    this.#known = Math.max(this.#known, position);
    this.#healIfBehind();
  }

  /** Resolves when everything up to `position` has been handed on, or when the intake is closed. */
  reached(position: Position): Promise<void> {
    if (this.#closed || this.#position >= position) return Promise.resolve();
    this.notice(position);
    return new Promise((resolve) => {
      this.#waiting.add({ position, resolve });
    });
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
    this.#early.clear();
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #inBurst(entries: readonly LogEntry[], take: (entry: LogEntry) => void): void {
    const { burst } = this.#parts;
    if (burst) burst.each(entries, take);
    else entries.forEach(take);
  }

  #offerOne(entry: LogEntry): void {
    // It is asked for again at the head poll's pace, from a log that is known by then.
    if (!this.#parts.log.timelines.continues(entry)) return;
    this.#known = Math.max(this.#known, entry.position);
    if (entry.position <= this.#position) return;
    if (this.#position === -1 || entry.position > this.#position + 1) {
      if (this.#early.size < MAX_EARLY) this.#early.set(entry.position, entry);
      return;
    }
    this.#handOn(entry);
    if (this.#early.size > 0) this.#takeEarly();
  }

  #takeEarly(): void {
    for (let next = this.#early.get(this.#position + 1); next; next = this.#early.get(this.#position + 1)) {
      this.#early.delete(next.position);
      this.#handOn(next);
    }
  }

  #handOn(entry: LogEntry): void {
    this.#position = entry.position;
    this.#parts.log.timelines.saw(this.#tenant, entry.position);
    this.#recent.add(entry);
    this.#parts.onEntry(entry);
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiting) {
      if (waiter.position > this.#position) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  #askHead(): void {
    if (this.#polling || this.#position === -1) return;
    this.#polling = true;
    this.#parts.log
      .head(this.#tenant)
      .then((head) => this.notice(head))
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#polling = false;
      });
  }

  #healIfBehind(): void {
    if (this.#healing || this.#closed || this.#position === -1 || this.#known <= this.#position) return;
    this.#healing = true;
    this.#parts.counters.heals += 1;
    this.#heal().catch((error: unknown) => this.#failed(error));
  }

  async #heal(): Promise<void> {
    try {
      while (!this.#closed && this.#position < this.#known) await this.#readOn();
    } finally {
      // In the turn of the last check, so that no hole can be noticed in between and left.
      this.#healing = false;
    }
  }

  async #readOn(): Promise<void> {
    const after = this.#position;
    const page = await this.#parts.log.read({
      tenant: this.#tenant,
      topics: WRITTEN_TOPICS,
      after,
      through: this.#known,
      limit: this.#parts.settings.catchUpPage,
    });
    if (this.#closed) return;
    this.#inBurst(page.entries, (entry) => {
      this.#skipTo(entry.position - 1);
      this.#offerOne(entry);
    });
    this.#skipTo(page.through);
    if (this.#position <= after) {
      throw new Error(`the log has nothing after ${after} although it reaches ${this.#known}`);
    }
  }

  /** Passes over what the log has no entry of: positions of topics that are newer than this process. */
  #skipTo(position: Position): void {
    if (position <= this.#position) return;
    this.#position = position;
    this.#parts.log.timelines.saw(this.#tenant, position);
    this.#recent.restart(position);
    for (const early of this.#early.keys()) if (early <= position) this.#early.delete(early);
    this.#wake();
  }

  /** The next poll of the head tries again. */
  #failed(error: unknown): void {
    if (this.#closed) return;
    this.#parts.logger.warn({ err: error, tenant: this.#tenant }, 'reading the log failed; trying again');
  }
}
