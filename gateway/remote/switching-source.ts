import { setTimeout as pause } from 'node:timers/promises';
import type { Position } from '../../schema/log-entry.ts';
import type { LiveSource } from '../delivery/live-source.ts';
import type { Logger } from '../logger.ts';
import type { LogPage } from '../ports.ts';
import type { InternalSubscription, SubscriptionId } from '../registry/registry.ts';

export interface SwitchingSourceParts {
  readonly first: LiveSource;
  readonly logger: Logger;
  /** Pause before a move that failed is tried again. */
  readonly retryMs: number;
  /** Sends live subscriptions back to the log, after what they have taken. */
  readonly resync: (subscriptions: Iterable<InternalSubscription>, position: Position) => void;
}

interface Held {
  readonly subscription: InternalSubscription;
  /** What it is attached to; null while it moves. */
  source: LiveSource | null;
  /** The move under way, or the last one. */
  moved: Promise<void>;
  isLive: boolean;
}

/**
 * A source that another can take the place of while subscriptions are live. Those go back to the log, are attached to
 * the new source and join it from where they are: nothing has to be handed over between the two.
 */
export class SwitchingSource implements LiveSource {
  readonly #parts: SwitchingSourceParts;
  readonly #held = new Map<SubscriptionId, Held>();
  #current: LiveSource;
  #closed = false;

  constructor(parts: SwitchingSourceParts) {
    this.#parts = parts;
    this.#current = parts.first;
  }

  get live(): number {
    return this.#current.live;
  }

  get behind(): number {
    return this.#current.behind;
  }

  switchTo(source: LiveSource): void {
    if (this.#closed || source === this.#current) return;
    this.#current = source;
    for (const [id, held] of this.#held) {
      // One that is on its way finds out by itself that there is another source now.
      if (!held.source) continue;
      if (held.isLive) this.#parts.resync([held.subscription], held.source.position(id));
      held.moved = this.#move(held);
    }
  }

  async attach(subscription: InternalSubscription): Promise<void> {
    const held: Held = { subscription, source: null, moved: Promise.resolve(), isLive: false };
    this.#held.set(subscription.id, held);
    for (;;) {
      const source = this.#current;
      try {
        await source.attach(subscription);
      } catch (error) {
        if (source !== this.#current && this.#holds(held)) continue;
        this.#held.delete(subscription.id);
        throw error;
      }
      if (source === this.#current && this.#holds(held)) {
        held.source = source;
        return;
      }
      source.release(subscription.id);
      if (!this.#holds(held)) return;
    }
  }

  position(id: SubscriptionId): Position {
    return this.#held.get(id)?.source?.position(id) ?? -1;
  }

  recent(id: SubscriptionId, position: Position): LogPage | undefined {
    return this.#held.get(id)?.source?.recent(id, position);
  }

  async reached(id: SubscriptionId, position: Position): Promise<void> {
    const held = this.#held.get(id);
    await (held?.source ? held.source.reached(id, position) : held?.moved);
  }

  join(id: SubscriptionId, position: Position): boolean {
    const held = this.#held.get(id);
    if (!held?.source?.join(id, position)) return false;
    held.isLive = true;
    return true;
  }

  leave(id: SubscriptionId): void {
    const held = this.#held.get(id);
    if (!held) return;
    held.isLive = false;
    held.source?.leave(id);
  }

  release(id: SubscriptionId): void {
    const held = this.#held.get(id);
    if (!held) return;
    this.#held.delete(id);
    held.source?.release(id);
  }

  /** Leaves the sources themselves to whoever made them. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#held.keys()]) this.release(id);
  }

  /** Never rejects: while no source takes it the subscription waits. */
  async #move(held: Held): Promise<void> {
    const { id } = held.subscription;
    held.source?.release(id);
    held.source = null;
    while (this.#holds(held)) {
      const source = this.#current;
      try {
        await source.attach(held.subscription);
        if (source === this.#current && this.#holds(held)) {
          held.source = source;
          return;
        }
        source.release(id);
      } catch (error) {
        if (source !== this.#current) continue;
        this.#parts.logger.warn({ err: error, subscription: id }, 'a subscription waits for its source');
        await pause(this.#parts.retryMs, undefined, { ref: false });
      }
    }
  }

  #holds(held: Held): boolean {
    return !this.#closed && this.#held.get(held.subscription.id) === held;
  }
}
