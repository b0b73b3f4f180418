import { PresageError } from '../../../schema/errors.ts';
import type { Filter } from '../../../schema/filter/form.ts';
import { type Alternatives, filterKey, normalise } from '../../../schema/filter/normalise.ts';
import type { InternalSubscription, SubscriptionId } from '../../registry/registry.ts';
import { Members } from './members.ts';
import { Rule, type Terms, termsOf, unindexedTerms } from './rule.ts';

/** Filters that come to more conditions are asked as they are; gateways refuse them long before. */
const MAX_INDEXED_CONDITIONS = 4_096;

/** A filter as it is to be kept. */
export interface Wanted {
  /** The same for filters that are the same once they are written out. */
  readonly key: string;
  /** Null for a filter that is asked as it is. */
  readonly alternatives: Alternatives | null;
}

/**
 * All subscriptions of one filter, judged once for all of them. It is itself the rule of the filter's first alternative,
 * which most have no more than: there may be very many, and each object less is memory that an entry need not read.
 */
export class Group extends Rule {
  readonly hash: number;
  /** Another filter with the same hash. */
  next: Group | null = null;
  /** The match in which the thing before the change satisfied the filter last, and the thing after it. */
  was = 0;
  is = 0;
  /** The rules of its other alternatives; null where it has not even a first, as nothing satisfies the filter. */
  readonly #others: readonly Alternative[] | null;
  #members: InternalSubscription | Members;

  private constructor(
    hash: number,
    terms: Terms,
    others: (group: Group) => readonly Alternative[] | null,
    first: InternalSubscription,
  ) {
    super(terms);
    this.hash = hash;
    this.#others = others(this);
    this.#members = first;
  }

  static of(hash: number, { alternatives }: Wanted, first: InternalSubscription): Group {
    if (!alternatives) return new Group(hash, unindexedTerms(first.filter), () => NO_OTHERS, first);
    const [conjunction, ...more] = alternatives;
    if (!conjunction) return new Group(hash, NEVER, () => null, first);
    const others = (group: Group) => more.map((other) => new Alternative(termsOf(other), group));
    return new Group(hash, termsOf(conjunction), more.length > 0 ? others : () => NO_OTHERS, first);
  }

  /** What the index looks up to find it. */
  rules(): readonly Indexed[] {
    return this.#others ? [this, ...this.#others] : [];
  }

  get key(): string {
    const members = this.#members;
    return members instanceof Members ? members.key : wanted(members.filter).key;
  }

  add(subscription: InternalSubscription): void {
    const members = this.#members;
    if (members instanceof Members) members.add(subscription);
    else this.#members = new Members(this.key, members, subscription);
  }

  /** Takes a member out; false if it was the only one, with which the group is to go. */
  remove(id: SubscriptionId): boolean {
    const members = this.#members;
    if (!(members instanceof Members)) return false;
    members.remove(id);
    return members.size > 0;
  }

  each(found: (subscription: InternalSubscription) => void): void {
    const members = this.#members;
    if (members instanceof Members) members.each(found);
    else found(members);
  }
}

/** A further alternative of a group's filter. */
export class Alternative extends Rule {
  readonly group: Group;

  constructor(terms: Terms, group: Group) {
    super(terms);
    this.group = group;
  }
}

export type Indexed = Group | Alternative;

const NO_OTHERS: readonly Alternative[] = [];
const NEVER: Terms = { first: null, further: [], residual: () => false };

export function wanted(filter: Filter): Wanted {
  const alternatives = alternativesOf(filter);
  return { alternatives, key: alternatives ? filterKey(alternatives) : JSON.stringify(filter) };
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
