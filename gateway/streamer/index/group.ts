import { PresageError } from '../../../schema/errors.ts';
import type { Filter } from '../../../schema/filter/form.ts';
import { type Alternatives, filterKey, normalise } from '../../../schema/filter/normalise.ts';
import type { InternalSubscription, SubscriptionId } from '../../registry/registry.ts';
import { Bag } from './bag.ts';
import { Rule, type Terms, termsOf, unindexedTerms } from './rule.ts';

/** Filters that come to more conditions are asked as they are; gateways refuse them long before. */
const MAX_INDEXED_CONDITIONS = 4_096;

/**
 * Combinations of values of several memberships that a filter may be found at, over all its alternatives: ten memberships
 * of ten values, ten times, are what a client writes in 4 KB, and would be a hundred thousand million places.
 */
const MOST_PLACES = 64;

/** What a group's subscriptions may come to in lists: so many, times the values by which they are found. */
const MOST_LISTED = 32;

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
 * For the same reason what every match reads stands before the rest.
 */
export class Group extends Rule<Group> {
  #members: Members | null = null;
  /** The rules of its other alternatives; null where it has not even a first, as nothing satisfies the filter. */
  readonly #others: readonly Alternative[] | null;
  /** The match in which the thing before the change satisfied the filter last, and the thing after it. */
  was = 0;
  is = 0;
  readonly hash: number;
  /** Another filter with the same hash. */
  next: Group | null = null;

  private constructor(
    hash: number,
    terms: Terms,
    others: (group: Group) => readonly Alternative[] | null,
    first: InternalSubscription,
  ) {
    super(terms);
    this.#others = others(this);
    if (this.isFoundOnce) this.sole = first;
    else this.#members = new Members(first);
    this.hash = hash;
  }

  static of(hash: number, { alternatives }: Wanted, first: InternalSubscription): Group {
    if (!alternatives) return new Group(hash, unindexedTerms(first.filter), () => NO_OTHERS, first);
    const [conjunction, ...more] = alternatives;
    if (!conjunction) return new Group(hash, NEVER, () => null, first);
    const places = MOST_PLACES / alternatives.length;
    const others = (group: Group) => more.map((other) => new Alternative(termsOf(other, places), group));
    return new Group(hash, termsOf(conjunction, places), more.length > 0 ? others : () => NO_OTHERS, first);
  }

  override get of(): Group {
    return this;
  }

  /** Whether its filter has no other alternative, so that a thing finds it once. */
  get isFoundOnce(): boolean {
    return this.#others === NO_OTHERS;
  }

  /** A few subscriptions are listed each by itself, so that a match reads neither the group nor its list of them. */
  override get listed(): readonly InternalSubscription[] | null {
    const members = this.#members;
    if (!members || !this.isFoundOnce) return super.listed;
    const access = this.access(0);
    const places = access?.kind === 'keys' ? access.keys.length : 1;
    return members.size * places <= MOST_LISTED ? members.items : null;
  }

  /** What the index looks up to find it. */
  rules(): readonly Indexed[] {
    return this.#others ? [this, ...this.#others] : [];
  }

  get size(): number {
    return this.#members?.size ?? 1;
  }

  get key(): string {
    return this.#members?.key ?? (this.sole ? keyOf(this.sole) : '');
  }

  add(subscription: InternalSubscription): void {
    if (this.sole) this.#members = new Members(this.sole);
    this.sole = null;
    this.#members?.add(subscription);
  }

  /** Takes out a member that is not the only one. */
  remove(id: SubscriptionId): void {
    this.#members?.remove(id);
  }

  each(found: (subscription: InternalSubscription) => void): void {
    if (this.sole) found(this.sole);
    else if (this.#members) for (const member of this.#members.items) found(member);
  }
}

/** The subscriptions of one filter, where it is not its rule's only one. */
class Members extends Bag<SubscriptionId, InternalSubscription> {
  /** The text of their filter: where there is one subscription only, it is made again when it is needed. */
  readonly key: string;

  constructor(first: InternalSubscription) {
    super(idOf);
    this.key = keyOf(first);
    this.add(first);
  }
}

function keyOf({ filter }: InternalSubscription): string {
  return wanted(filter).key;
}

function idOf({ id }: InternalSubscription): SubscriptionId {
  return id;
}

/** A further alternative of a group's filter. */
export class Alternative extends Rule<Group> {
  readonly #group: Group;

  constructor(terms: Terms, group: Group) {
    super(terms);
    this.#group = group;
  }

  override get of(): Group {
    return this.#group;
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
