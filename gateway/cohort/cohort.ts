import type { LogEntry, Position } from '../../schema/log-entry.ts';
import type { LiveFeed } from '../delivery/live-feed.ts';
import type { SubscriptionEvent } from '../ports.ts';
import type { SetChange } from '../streamer/change.ts';
import type { PayloadCache } from './payload-cache.ts';

export interface CohortParts {
  /** Distinct among all cohorts that there ever are in a process. */
  readonly name: string;
  /** The same for all subscriptions of it, and no others. */
  readonly key: string;
  readonly includeData: boolean;
  /** The payload of an event: at once where it needs nothing but the event. */
  readonly execute: (event: SubscriptionEvent) => Buffer | Promise<Buffer>;
  readonly cache: PayloadCache;
  /** Events that may wait for their payload. */
  readonly backlog: number;
}

type Outcome = { readonly payload: Buffer } | { readonly error: unknown };

interface Waiting {
  readonly position: Position;
  readonly feeds: readonly LiveFeed[];
  outcome: Outcome | null;
}

/** Subscriptions whose payload for an entry is byte for byte the same: it is made once, and handed out in order. */
export class Cohort {
  readonly #parts: CohortParts;
  readonly #queue: Waiting[] = [];
  readonly #rendering = new Map<string, Promise<Buffer>>();

  constructor(parts: CohortParts) {
    this.#parts = parts;
  }

  get key(): string {
    return this.#parts.key;
  }

  /** Every event up to here that was emitted has been handed out to its members. */
  get handedOut(): Position {
    const oldest = this.#queue[0];
    return oldest ? oldest.position - 1 : Number.MAX_SAFE_INTEGER;
  }

  /** An entry as an event of this cohort. */
  eventOf(entry: LogEntry, type: SetChange): SubscriptionEvent {
    return {
      type,
      tenant: entry.tenant,
      topic: entry.topic,
      position: entry.position,
      key: entry.key,
      timestamp: entry.ts,
      document: this.#parts.includeData ? entry.document : null,
    };
  }

  /** An event's payload, shared by all who ask for it about now. */
  render(event: SubscriptionEvent): Buffer | Promise<Buffer> {
    const { cache, execute } = this.#parts;
    if (event.type === 'READY') return execute(event);
    const name = `${this.#parts.name} ${event.position} ${event.type}`;
    const kept = cache.get(name) ?? this.#rendering.get(name);
    if (kept) return kept;
    const payload = execute(event);
    if (Buffer.isBuffer(payload)) {
      cache.put(name, payload);
      return payload;
    }
    const rendering = payload
      .then((made) => {
        cache.put(name, made);
        return made;
      })
      .finally(() => this.#rendering.delete(name));
    this.#rendering.set(name, rendering);
    return rendering;
  }

  /** Gives an event to live members, after all that were emitted before it. */
  emit(event: SubscriptionEvent, feeds: readonly LiveFeed[]): void {
    const oldest = this.#queue[0];
    if (oldest && this.#queue.length >= this.#parts.backlog) {
      // They have everything before the oldest that waits, and read the rest from the log at the pace of its making.
      for (const feed of feeds) feed.fallBehind(oldest.position - 1);
      return;
    }
    const payload = this.render(event);
    const { position } = event;
    if (!oldest && Buffer.isBuffer(payload)) {
      handOut(feeds, position, { payload });
      return;
    }
    const waiting: Waiting = { position, feeds, outcome: null };
    this.#queue.push(waiting);
    Promise.resolve(payload).then(
      (made) => this.#settle(waiting, { payload: made }),
      (error: unknown) => this.#settle(waiting, { error }),
    );
  }

  #settle(waiting: Waiting, outcome: Outcome): void {
    waiting.outcome = outcome;
    let next = this.#queue[0];
    while (next?.outcome) {
      this.#queue.shift();
      handOut(next.feeds, next.position, next.outcome);
      next = this.#queue[0];
    }
  }
}

function handOut(feeds: readonly LiveFeed[], position: Position, outcome: Outcome): void {
  for (const feed of feeds) {
    if ('payload' in outcome) feed.take(position, outcome.payload);
    else feed.fail(outcome.error);
  }
}
