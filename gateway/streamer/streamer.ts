import type { LogEntry, Position, WrittenTopic } from '../../schema/log-entry.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { LiveSource } from '../delivery/live-source.ts';
import type { LogPage, Meters } from '../ports.ts';
import type { InternalSubscription, SubscriptionId } from '../registry/registry.ts';
import { changeOf, type SetChange } from './change.ts';
import { Intakes, type IntakesParts, type Watch } from './intakes.ts';
import { SubscriptionIndex } from './subscription-index.ts';

export interface StreamerParts extends IntakesParts {
  readonly meters?: Meters;
  /** Takes a delivery in the same turn in which the live position moves past its entry. Must not throw. */
  readonly deliver: (delivery: Delivery) => void;
}

interface Tenant {
  readonly watch: Watch;
  readonly indexes: Map<WrittenTopic, SubscriptionIndex>;
  /** Subscriptions attached, live or not: without any the tenant is no longer watched. */
  attached: number;
}

/** Matches entries to the subscriptions of its own process: says of each entry which of the live ones it is something to. */
export class Streamer implements LiveSource {
  readonly #parts: StreamerParts;
  readonly #intakes: Intakes;
  readonly #attached = new Map<SubscriptionId, InternalSubscription>();
  readonly #tenants = new Map<string, Tenant>();
  #live = 0;

  constructor(parts: StreamerParts) {
    this.#parts = parts;
    this.#intakes = new Intakes(parts);
  }

  get live(): number {
    return this.#live;
  }

  get behind(): number {
    let behind = 0;
    for (const { watch } of this.#tenants.values()) behind = Math.max(behind, watch.intake.behind);
    return behind;
  }

  async attach(subscription: InternalSubscription): Promise<void> {
    const tenant = this.#tenant(subscription.tenant);
    this.#attached.set(subscription.id, subscription);
    tenant.attached += 1;
    try {
      await tenant.watch.started;
    } catch (error) {
      this.release(subscription.id);
      throw error;
    }
  }

  position(id: SubscriptionId): Position {
    return this.#tenantOf(id)?.watch.intake.position ?? -1;
  }

  recent(id: SubscriptionId, position: Position): LogPage | undefined {
    const entries = this.#tenantOf(id)?.watch.intake.since(position);
    return entries && { entries, through: position + entries.length };
  }

  reached(id: SubscriptionId, position: Position): Promise<void> {
    return this.#tenantOf(id)?.watch.intake.reached(position) ?? Promise.resolve();
  }

  join(id: SubscriptionId, position: Position): boolean {
    const subscription = this.#attached.get(id);
    const tenant = this.#tenantOf(id);
    if (!subscription || !tenant || tenant.watch.intake.position !== position) return false;
    let index = tenant.indexes.get(subscription.topic);
    if (!index) {
      index = new SubscriptionIndex();
      tenant.indexes.set(subscription.topic, index);
    }
    const before = index.size;
    index.add(subscription);
    this.#live += index.size - before;
    return true;
  }

  leave(id: SubscriptionId): void {
    const topic = this.#attached.get(id)?.topic;
    const index = topic && this.#tenantOf(id)?.indexes.get(topic);
    if (!index) return;
    const before = index.size;
    index.remove(id);
    this.#live -= before - index.size;
  }

  release(id: SubscriptionId): void {
    this.leave(id);
    const tenant = this.#tenantOf(id);
    this.#attached.delete(id);
    if (!tenant) return;
    tenant.attached -= 1;
    if (tenant.attached > 0) return;
    tenant.watch.close();
    this.#tenants.delete(tenant.watch.tenant);
  }

  close(): void {
    this.#intakes.close();
    this.#tenants.clear();
    this.#attached.clear();
  }

  #tenantOf(id: SubscriptionId): Tenant | undefined {
    const subscription = this.#attached.get(id);
    return subscription && this.#tenants.get(subscription.tenant);
  }

  #tenant(name: string): Tenant {
    const present = this.#tenants.get(name);
    if (present) return present;
    const indexes = new Map<WrittenTopic, SubscriptionIndex>();
    const watch = this.#intakes.watch(name, (entry) => this.#onEntry(indexes, entry));
    const tenant: Tenant = { watch, indexes, attached: 0 };
    this.#tenants.set(name, tenant);
    return tenant;
  }

  #onEntry(indexes: Tenant['indexes'], entry: LogEntry): void {
    const began = performance.now();
    const found = new Map<SetChange, InternalSubscription[]>();
    let last: SetChange | undefined;
    let subscriptions: InternalSubscription[] = [];
    indexes.get(entry.topic)?.match(changeOf(entry), (subscription, type) => {
      // Mostly it is the same to the next one.
      if (type !== last) {
        last = type;
        subscriptions = found.get(type) ?? [];
        found.set(type, subscriptions);
      }
      subscriptions.push(subscription);
    });
    this.#parts.meters?.matched((performance.now() - began) / 1_000);
    for (const [type, those] of found) {
      this.#parts.counters.deliveries += 1;
      this.#parts.deliver({ entry, type, subscriptions: those });
    }
  }
}
