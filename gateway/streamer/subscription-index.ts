import type { InternalSubscription, SubscriptionId } from '../registry/registry.ts';
import type { Change, SetChange } from './change.ts';
import { Cluster } from './index/cluster.ts';
import { Group, type Indexed } from './index/group.ts';
import { Groups } from './index/groups.ts';
import { Probe } from './index/probe.ts';

/**
 * The live subscriptions of one tenant and topic, found by what their filters say: each alternative of a filter is a
 * rule, and rules are clustered by their most selective parts. What is looked up for an entry grows with the number of
 * those that it concerns, not with how many there are.
 */
export class SubscriptionIndex {
  readonly #groupOf = new Map<SubscriptionId, Group>();
  readonly #groups = new Groups();
  readonly #rules = new Cluster<Indexed>();
  #matches = 0;

  get size(): number {
    return this.#groupOf.size;
  }

  /** Distinct ones, each of which is compiled and judged once. */
  get filters(): number {
    return this.#groups.size;
  }

  add(subscription: InternalSubscription): void {
    this.remove(subscription.id);
    const [group, isNew] = this.#groups.join(subscription);
    this.#groupOf.set(subscription.id, group);
    if (isNew) for (const rule of group.rules()) this.#rules.add(rule);
  }

  remove(id: SubscriptionId): void {
    const group = this.#groupOf.get(id);
    if (!group) return;
    this.#groupOf.delete(id);
    if (group.remove(id)) return;
    this.#groups.delete(group);
    for (const rule of group.rules()) this.#rules.remove(rule);
  }

  /** Calls back once for each subscription that the change is something to. */
  match({ before, after }: Change, found: (subscription: InternalSubscription, as: SetChange) => void): void {
    this.#matches += 1;
    const match = this.#matches;
    const hit: Group[] = [];
    if (before) {
      this.#rules.visit(new Probe(before), 0, (rule) => {
        const group = groupOf(rule);
        if (group.was === match) return;
        group.was = match;
        hit.push(group);
      });
    }
    if (after) {
      this.#rules.visit(new Probe(after), 0, (rule) => {
        const group = groupOf(rule);
        if (group.is === match) return;
        group.is = match;
        if (group.was !== match) hit.push(group);
      });
    }
    for (const group of hit) {
      const as = group.is !== match ? 'DELETE' : group.was === match ? 'UPDATE' : 'CREATE';
      group.each((subscription) => found(subscription, as));
    }
  }
}

function groupOf(rule: Indexed): Group {
  return rule instanceof Group ? rule : rule.group;
}
