import type { InternalSubscription, SubscriptionId } from '../registry/registry.ts';
import type { Change, SetChange } from './change.ts';
import { Cluster } from './index/cluster.ts';
import { type Group, wanted } from './index/group.ts';
import { Groups, hashOf } from './index/groups.ts';
import { Postings } from './index/postings.ts';
import { Probe } from './index/probe.ts';
import type { Matchable } from './matchable.ts';

type OnMatch = (subscription: InternalSubscription, as: SetChange) => void;

/**
 * The live subscriptions of one tenant and topic, found by what their filters say: each alternative of a filter is a
 * rule, and rules are clustered by their most selective parts. What is looked up for an entry grows with the number of
 * those that it concerns, not with how many there are.
 */
export class SubscriptionIndex {
  readonly #groupOf = new Map<SubscriptionId, Group>();
  readonly #groups: Groups;
  readonly #rules = new Cluster<Group>(new Postings());
  #matches = 0;

  /** Filters are told apart by a hash first; whatever that is, they are told apart. */
  constructor(hash: (text: string) => number = hashOf) {
    this.#groups = new Groups(hash);
  }

  get size(): number {
    return this.#groupOf.size;
  }

  /** Distinct ones, each of which is compiled and judged once. */
  get filters(): number {
    return this.#groups.size;
  }

  add(subscription: InternalSubscription): void {
    this.remove(subscription.id);
    const filter = wanted(subscription.filter);
    const group = this.#groups.find(filter);
    if (!group) {
      const made = this.#groups.make(filter, subscription);
      this.#groupOf.set(subscription.id, made);
      for (const rule of made.rules()) this.#rules.add(rule);
      return;
    }
    this.#groupOf.set(subscription.id, group);
    this.#change(group, () => group.add(subscription));
  }

  remove(id: SubscriptionId): void {
    const group = this.#groupOf.get(id);
    if (!group) return;
    this.#groupOf.delete(id);
    if (group.size > 1) this.#change(group, () => group.remove(id));
    else {
      this.#groups.delete(group);
      for (const rule of group.rules()) this.#rules.remove(rule);
    }
  }

  /** What its rules are listed by may only change while they are not in the index. */
  #change(group: Group, change: () => void): void {
    const listed = group.listed ? group.rules() : [];
    for (const rule of listed) this.#rules.remove(rule);
    change();
    for (const rule of listed) this.#rules.add(rule);
  }

  /** Calls back once for each subscription that the change is something to; nothing may come or go meanwhile. */
  match({ before, after }: Change, found: OnMatch): void {
    this.#matches += 1;
    if (before) this.#matchBoth(before, after, found);
    else if (after) this.#matchCreated(after, found);
  }

  /** Most entries create, and most filters have one alternative: then nothing has to be remembered. */
  #matchCreated(after: Matchable, found: OnMatch): void {
    const match = this.#matches;
    const create = (subscription: InternalSubscription) => found(subscription, 'CREATE');
    this.#rules.visit(new Probe(after), 0, {
      sole: create,
      rule: ({ of: group }) => {
        if (!group.isFoundOnce) {
          if (group.is === match) return;
          group.is = match;
        }
        group.each(create);
      },
    });
  }

  #matchBoth(before: Matchable, after: Matchable | null, found: OnMatch): void {
    const match = this.#matches;
    const hit: Group[] = [];
    const were = new Set<InternalSubscription>();
    const was = (subscription: InternalSubscription) => were.add(subscription);
    const is = (subscription: InternalSubscription) => {
      found(subscription, were.delete(subscription) ? 'UPDATE' : 'CREATE');
    };
    this.#rules.visit(new Probe(before), 0, {
      sole: was,
      rule: ({ of: group }) => {
        // Another of its values may be one at which its subscriptions are listed.
        if (group.listed) return group.each(was);
        if (group.was === match) return;
        group.was = match;
        hit.push(group);
      },
    });
    if (after) {
      this.#rules.visit(new Probe(after), 0, {
        sole: is,
        rule: ({ of: group }) => {
          if (group.listed) return group.each(is);
          if (group.is === match) return;
          group.is = match;
          if (group.was !== match) hit.push(group);
        },
      });
    }
    for (const subscription of were) found(subscription, 'DELETE');
    for (const group of hit) {
      const as = group.is !== match ? 'DELETE' : group.was === match ? 'UPDATE' : 'CREATE';
      group.each((subscription) => found(subscription, as));
    }
  }
}
