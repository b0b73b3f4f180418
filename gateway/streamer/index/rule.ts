import type { Filter } from '../../../schema/filter/form.ts';
import type { Conjunction } from '../../../schema/filter/normalise.ts';
import type { InternalSubscription } from '../../registry/registry.ts';
import { compile, compileConjunction, type Predicate } from '../predicate.ts';
import { type Access, accessesOf, admits } from './access.ts';
import type { Probe } from './probe.ts';

/** What has to hold for a rule: the parts that find it, the most selective first, and the rest. */
export interface Terms {
  readonly first: Access | null;
  readonly further: readonly Access[];
  readonly residual: Predicate | null;
}

const NO_ACCESSES: readonly Access[] = [];

/** The terms of an alternative, by which an index may have it at so many `places`. */
export function termsOf(conjunction: Conjunction, places: number): Terms {
  const { accesses, residual } = accessesOf(conjunction, places);
  const [first = null, ...further] = accesses;
  return {
    first,
    further: further.length > 0 ? further : NO_ACCESSES,
    residual: residual.length > 0 ? compileConjunction(residual) : null,
  };
}

/** Of a filter that is asked as it is. */
export function unindexedTerms(filter: Filter): Terms {
  return { first: null, further: NO_ACCESSES, residual: compile(filter) };
}

/** What hears of the rules that a thing satisfies. */
export interface Found<T> {
  /** One that is of one subscription, which nothing else finds. */
  sole(subscription: InternalSubscription): void;
  /** Any other, of which the same may be heard by another alternative. */
  rule(rule: Rule<T>): void;
}

/**
 * One alternative of a filter, whose subscriptions are `T`, as the index keeps it. The first access is a field, as a list
 * of one would be larger, and the last of them: who is found by it is not asked for it.
 */
export abstract class Rule<T> {
  /**
   * The subscription that is found by it, where there is one only, and nothing else by which it is found. It stands first,
   * as it is what most matches read. It does not change while the rule is in an index.
   */
  sole: InternalSubscription | null = null;
  readonly #further: readonly Access[];
  readonly #residual: Predicate | null;
  readonly #first: Access | null;

  constructor({ first, further, residual }: Terms) {
    this.#further = further;
    this.#residual = residual;
    this.#first = first;
  }

  /** Whose alternative it is. */
  abstract get of(): T;

  /** The subscriptions by which lists have it; null where they have the rule itself. No other while it is in an index. */
  get listed(): readonly InternalSubscription[] | null {
    return this.sole ? [this.sole] : null;
  }

  /** The `at`th part that finds it, from 0 on; undefined if there are no more. */
  access(at: number): Access | undefined {
    return at === 0 ? (this.#first ?? undefined) : this.#further[at - 1];
  }

  /** Whether a thing that satisfies the first `proven` of the accesses satisfies all of it. */
  isProvenBy(proven: number): boolean {
    return this.#residual === null && this.access(proven) === undefined;
  }

  /** Calls back if the thing, which is known to satisfy the first `proven` of the accesses, satisfies it. */
  visit(probe: Probe, proven: number, found: Found<T>): void {
    if (!this.#holds(probe, proven)) return;
    if (this.sole !== null) found.sole(this.sole);
    else found.rule(this);
  }

  #holds(probe: Probe, proven: number): boolean {
    if (proven < 1 && this.#first !== null && !admits(this.#first, probe)) return false;
    const further = this.#further;
    if (further !== NO_ACCESSES) {
      for (let at = Math.max(proven - 1, 0); at < further.length; at += 1) {
        const access = further[at];
        if (access && !admits(access, probe)) return false;
      }
    }
    return this.#residual === null || this.#residual(probe.thing);
  }
}
