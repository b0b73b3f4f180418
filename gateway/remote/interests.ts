import type { Position } from '../../schema/log-entry.ts';
import type { Registration } from '../redis/messages.ts';
import type { InternalSubscription, SubscriptionId } from '../registry/registry.ts';

/** What streamers know of a gateway's subscriptions with one filter, however many those are. */
export interface Interest {
  /** The id under which streamers know it. */
  readonly id: string;
  readonly of: Registration;
  /** All that share it. */
  readonly members: Map<SubscriptionId, InternalSubscription>;
  /** Those of them that are live. */
  readonly live: Map<SubscriptionId, InternalSubscription>;
  /** Number of the request that registered it. */
  readonly request: number;
  /** Every entry after it is matched; null until a streamer has said so. */
  from: Position | null;
  /** Resolves when `from` is known, rejects if it never will be. */
  readonly registered: Promise<void>;
  readonly settle: (error?: Error) => void;
}

/** A gateway's interests: its subscriptions by what they are of. */
export class Interests {
  readonly #byKey = new Map<string, Interest>();
  readonly #byId = new Map<string, Interest>();
  readonly #ofMember = new Map<SubscriptionId, Interest>();
  readonly #byTenant = new Map<string, { readonly all: Set<Interest>; readonly pending: Set<Interest> }>();
  #made = 0;

  /** The interest of a subscription, which becomes a member; `isNew` if nobody had it yet. */
  join(subscription: InternalSubscription, request: number): [Interest, isNew: boolean] {
    const { id, tenant, topic, filter } = subscription;
    const of = { tenant, topic, filter };
    const present = this.#byKey.get(JSON.stringify(of));
    const interest = present ?? this.#add(of, request);
    interest.members.set(id, subscription);
    this.#ofMember.set(id, interest);
    return [interest, present === undefined];
  }

  /** Takes note that everything after `from` is matched with an interest. */
  register(interest: Interest, from: Position): void {
    interest.from = from;
    this.#byTenant.get(interest.of.tenant)?.pending.delete(interest);
    interest.settle();
  }

  /** Takes a subscription out of its interest, and gives that if it was the last in it. */
  leave(id: SubscriptionId): Interest | undefined {
    const interest = this.#ofMember.get(id);
    if (!interest) return undefined;
    this.#ofMember.delete(id);
    interest.live.delete(id);
    interest.members.delete(id);
    if (interest.members.size > 0) return undefined;
    this.#byId.delete(interest.id);
    this.#byKey.delete(JSON.stringify(interest.of));
    const those = this.#byTenant.get(interest.of.tenant);
    those?.all.delete(interest);
    those?.pending.delete(interest);
    if (those?.all.size === 0) this.#byTenant.delete(interest.of.tenant);
    // Nobody waits for it any more.
    interest.settle();
    return interest;
  }

  ofMember(id: SubscriptionId): Interest | undefined {
    return this.#ofMember.get(id);
  }

  get(id: string): Interest | undefined {
    return this.#byId.get(id);
  }

  ofTenant(tenant: string): ReadonlySet<Interest> {
    return this.#byTenant.get(tenant)?.all ?? new Set();
  }

  /** Whether there are any that no streamer has acknowledged. */
  get arePending(): boolean {
    return [...this.#byTenant.values()].some(({ pending }) => pending.size > 0);
  }

  /** Those of a tenant that no streamer has acknowledged. */
  pending(tenant: string): ReadonlySet<Interest> {
    return this.#byTenant.get(tenant)?.pending ?? new Set();
  }

  all(): Interest[] {
    return [...this.#byId.values()];
  }

  #add(of: Registration, request: number): Interest {
    const interest = this.#make(of, request);
    this.#byKey.set(JSON.stringify(of), interest);
    this.#byId.set(interest.id, interest);
    const those = this.#byTenant.get(of.tenant) ?? { all: new Set(), pending: new Set() };
    this.#byTenant.set(of.tenant, those);
    those.all.add(interest);
    those.pending.add(interest);
    return interest;
  }

  #make(of: Registration, request: number): Interest {
    this.#made += 1;
    let settle: Interest['settle'] = () => undefined;
    const registered = new Promise<void>((resolve, reject) => {
      settle = (error) => (error ? reject(error) : resolve());
    });
    // Whoever waits is told; nobody may be left by then.
    registered.catch(() => undefined);
    return {
      ...{ id: this.#made.toString(36), of, request, registered, settle },
      members: new Map(),
      live: new Map(),
      from: null,
    };
  }
}
