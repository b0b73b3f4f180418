import { PresageError } from '../../schema/errors.ts';
import type { Filter } from '../../schema/filter/form.ts';
import { type Alternatives, filterKey, normalise } from '../../schema/filter/normalise.ts';
import type { InternalSubscription, SubscriptionId } from '../registry/registry.ts';
import type { Change, SetChange } from './change.ts';
import { Cluster } from './index/cluster.ts';
import { Probe } from './index/probe.ts';
import { Rule } from './index/rule.ts';

/** Filters that come to more conditions are asked as they are; gateways refuse them long before. */
const MAX_INDEXED_CONDITIONS = 4_096;

/** All subscriptions of one filter: it is compiled, kept and judged once for all of them. */
interface Group {
  readonly key: string;
  /** The only member, which most groups have: a list of one would be larger than what it lists. */
  only: Member | null;
  /** All of them where there were ever more. */
  several: Member[];
  /** The first alternative of the filter, which most have no more than; null for one that nothing satisfies. */
  rule: Rule<Group> | null;
  others: readonly Rule<Group>[];
  /** The match in which the thing before the change satisfied the filter last, and the thing after it. */
  was: number;
  is: number;
}

interface Member {
  readonly subscription: InternalSubscription;
  readonly group: Group;
  /** Its place among several. */
  at: number;
}

const NO_RULES: readonly Rule<Group>[] = [];
const NO_MEMBERS: Member[] = [];

/**
 * The live subscriptions of one tenant and topic, found by what their filters say: each alternative of a filter is a
 * rule, and rules are clustered by their most selective parts. What is looked up for an entry grows with the number of
 * those that it concerns, not with how many there are.
 */
export class SubscriptionIndex {
  readonly #members = new Map<SubscriptionId, Member>();
  readonly #groups = new Map<string, Group>();
  readonly #rules = new Cluster<Group>();
  #matches = 0;

  get size(): number {
    return this.#members.size;
  }

  /** Distinct ones, each of which is compiled and judged once. */
  get filters(): number {
    return this.#groups.size;
  }

  add(subscription: InternalSubscription): void {
    this.remove(subscription.id);
    const group = this.#groupOf(subscription.filter);
    const member: Member = { subscription, group, at: group.several.length };
    if (member.at > 0) group.several.push(member);
    else if (group.only) {
      member.at = 1;
      group.several = [group.only, member];
      group.only = null;
    } else group.only = member;
    this.#members.set(subscription.id, member);
  }

  remove(id: SubscriptionId): void {
    const member = this.#members.get(id);
    if (!member) return;
    this.#members.delete(id);
    const { group, at } = member;
    if (group.only === member) group.only = null;
    else {
      const last = group.several.pop();
      if (last && last !== member) {
        group.several[at] = last;
        last.at = at;
      }
    }
    if (group.only || group.several.length > 0) return;
    this.#groups.delete(group.key);
    if (group.rule) this.#rules.remove(group.rule);
    for (const rule of group.others) this.#rules.remove(rule);
  }

  /** Calls back once for each subscription that the change is something to. */
  match({ before, after }: Change, found: (subscription: InternalSubscription, as: SetChange) => void): void {
    this.#matches += 1;
    const match = this.#matches;
    const hit: Group[] = [];
    if (before) {
      this.#rules.visit(new Probe(before), 0, ({ owner }) => {
        if (owner.was === match) return;
        owner.was = match;
        hit.push(owner);
      });
    }
    if (after) {
      this.#rules.visit(new Probe(after), 0, ({ owner }) => {
        if (owner.is === match) return;
        owner.is = match;
        if (owner.was !== match) hit.push(owner);
      });
    }
    for (const { only, several, was, is } of hit) {
      const as = is !== match ? 'DELETE' : was === match ? 'UPDATE' : 'CREATE';
      if (only) found(only.subscription, as);
      for (const { subscription } of several) found(subscription, as);
    }
  }

  #groupOf(filter: Filter): Group {
    const alternatives = alternativesOf(filter);
    const key = alternatives ? filterKey(alternatives) : JSON.stringify(filter);
    const present = this.#groups.get(key);
    if (present) return present;
    const group: Group = {
      key,
      only: null,
      several: NO_MEMBERS,
      rule: null,
      others: NO_RULES,
      was: 0,
      is: 0,
    };
    const [rule = null, ...others] = alternatives
      ? alternatives.map((conjunction) => Rule.of(group, conjunction))
      : [Rule.unindexed(group, filter)];
    group.rule = rule;
    if (others.length > 0) group.others = others;
    this.#groups.set(key, group);
    if (rule) this.#rules.add(rule);
    for (const other of others) this.#rules.add(other);
    return group;
  }
}

/** Null for a filter that is too long to be written out: it was let in by a gateway with another bound. */
function alternativesOf(filter: Filter): Alternatives | null {
  try {
    return normalise(filter, MAX_INDEXED_CONDITIONS);
  } catch (error) {
    if (error instanceof PresageError) return null;
    throw error;
  }
}
