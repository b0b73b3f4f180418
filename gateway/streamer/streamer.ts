import type { LogEntry, Position, WrittenTopic } from '../../schema/log-entry.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { Logger } from '../logger.ts';
import type { Broker, LogReader, Meters } from '../ports.ts';
import {
  type InternalSubscription,
  Registry,
  type SubscriptionId,
  type SubscriptionRequest,
} from '../registry/registry.ts';
import type { GatewaySettings } from '../settings.ts';
import type { Counters } from '../stats.ts';
import { changeOf, type SetChange } from './change.ts';
import { Intake } from './intake.ts';
import { SubscriptionIndex } from './subscription-index.ts';

export interface StreamerParts {
  readonly log: LogReader;
  readonly broker: Broker;
  readonly logger: Logger;
  readonly settings: GatewaySettings;
  readonly counters: Counters;
  readonly meters?: Meters;
  /** Takes a delivery in the same turn in which the live position moves past its entry. Must not throw. */
  readonly deliver: (delivery: Delivery) => void;
}

interface Tenant {
  readonly intake: Intake;
  readonly started: Promise<void>;
  readonly indexes: Map<WrittenTopic, SubscriptionIndex>;
  /** Internal subscriptions registered, live or not: without any the intake is closed. */
  registered: number;
}

/** Issues internal subscriptions and says of each entry which of the live ones it is something to. */
export class Streamer {
  readonly #parts: StreamerParts;
  readonly #registry = new Registry();
  readonly #tenants = new Map<string, Tenant>();
  readonly #sequences = new Map<string, number>();
  readonly #stopConsuming: () => void;
  #live = 0;

  constructor(parts: StreamerParts) {
    this.#parts = parts;
    this.#stopConsuming = parts.broker.consume((tenant, entries) =>
      this.#tenants.get(tenant)?.intake.offer(entries),
    );
  }

  get live(): number {
    return this.#live;
  }

  /** Positions that are known and not delivered, of the tenant with most of them. */
  get behind(): number {
    let behind = 0;
    for (const { intake } of this.#tenants.values()) behind = Math.max(behind, intake.behind);
    return behind;
  }

  /** Issues a subscription that is not live yet. Rejects if the log can't be read. */
  async register(request: SubscriptionRequest): Promise<InternalSubscription> {
    const tenant = this.#tenant(request.tenant);
    const subscription = this.#registry.register(request);
    tenant.registered += 1;
    try {
      await tenant.started;
    } catch (error) {
      this.release(subscription.id);
      throw error;
    }
    return subscription;
  }

  /** The live position of a tenant that has a subscription: all entries up to it have been delivered. */
  position(tenant: string): Position {
    return this.#tenants.get(tenant)?.intake.position ?? -1;
  }

  /** Entries after `position` up to the live position, all topics; `undefined` where they have to be read. */
  recent(tenant: string, position: Position): readonly LogEntry[] | undefined {
    return this.#tenants.get(tenant)?.intake.since(position);
  }

  /** Resolves when the live position is at or past `position`. */
  reached(tenant: string, position: Position): Promise<void> {
    return this.#tenants.get(tenant)?.intake.reached(position) ?? Promise.resolve();
  }

  /**
   * Makes a subscription live if `position`, up to which it has everything, is the live position: then the next entry
   * is the first that it misses. False, and nothing changed, otherwise.
   */
  join(id: SubscriptionId, position: Position): boolean {
    const subscription = this.#registry.get(id);
    const tenant = subscription && this.#tenants.get(subscription.tenant);
    if (!tenant || tenant.intake.position !== position) return false;
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

  /** Stops delivering to a subscription, which stays registered. */
  leave(id: SubscriptionId): void {
    const subscription = this.#registry.get(id);
    const index = subscription && this.#tenants.get(subscription.tenant)?.indexes.get(subscription.topic);
    if (!index) return;
    const before = index.size;
    index.remove(id);
    this.#live -= before - index.size;
  }

  release(id: SubscriptionId): void {
    this.leave(id);
    const subscription = this.#registry.remove(id);
    const tenant = subscription && this.#tenants.get(subscription.tenant);
    if (!tenant) return;
    tenant.registered -= 1;
    if (tenant.registered > 0) return;
    tenant.intake.close();
    this.#tenants.delete(subscription.tenant);
  }

  close(): void {
    this.#stopConsuming();
    for (const { intake } of this.#tenants.values()) intake.close();
    this.#tenants.clear();
  }

  #tenant(name: string): Tenant {
    const present = this.#tenants.get(name);
    if (present) return present;
    const indexes = new Map<WrittenTopic, SubscriptionIndex>();
    const intake = new Intake(name, { ...this.#parts, onEntry: (entry) => this.#onEntry(indexes, entry) });
    const tenant: Tenant = { intake, started: intake.start(), indexes, registered: 0 };
    this.#tenants.set(name, tenant);
    return tenant;
  }

  #onEntry(indexes: Tenant['indexes'], entry: LogEntry): void {
    const began = performance.now();
    const found = new Map<string, Map<SetChange, SubscriptionId[]>>();
    indexes.get(entry.topic)?.match(changeOf(entry), ({ id, gatewayId }, type) => {
      const byType = found.get(gatewayId) ?? new Map<SetChange, SubscriptionId[]>();
      if (byType.size === 0) found.set(gatewayId, byType);
      const ids = byType.get(type);
      if (ids) ids.push(id);
      else byType.set(type, [id]);
    });
    this.#parts.meters?.matched((performance.now() - began) / 1_000);
    for (const [gatewayId, byType] of found) {
      for (const [type, subscriptionIds] of byType) {
        const sequence = (this.#sequences.get(gatewayId) ?? 0) + 1;
        this.#sequences.set(gatewayId, sequence);
        this.#parts.counters.deliveries += 1;
        this.#parts.deliver({ gatewayId, sequence, entry, type, subscriptionIds });
      }
    }
  }
}
