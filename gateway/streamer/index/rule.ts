import type { Filter } from '../../../schema/filter/form.ts';
import type { Conjunction } from '../../../schema/filter/normalise.ts';
import { compile, compileConjunction, type Predicate } from '../predicate.ts';
import { type Access, accessesOf, admits } from './access.ts';
import type { Probe } from './probe.ts';

/** One alternative of a filter as the index keeps it: the parts that find it, and the rest. */
export class Rule<Owner> {
  readonly owner: Owner;
  readonly accesses: readonly Access[];
  readonly #residual: Predicate | null;

  private constructor(owner: Owner, accesses: readonly Access[], residual: Predicate | null) {
    this.owner = owner;
    this.accesses = accesses;
    this.#residual = residual;
  }

  static of<Owner>(owner: Owner, conjunction: Conjunction): Rule<Owner> {
    const { accesses, residual } = accessesOf(conjunction);
    return new Rule(owner, accesses, residual.length > 0 ? compileConjunction(residual) : null);
  }

  /** A filter that is asked as it is. */
  static unindexed<Owner>(owner: Owner, filter: Filter): Rule<Owner> {
    return new Rule(owner, [], compile(filter));
  }

  /** Whether a thing satisfies it that is known to satisfy the first `proven` of the accesses. */
  holds(probe: Probe, proven: number): boolean {
    for (let at = Math.max(proven, 0); at < this.accesses.length; at += 1) {
      const access = this.accesses[at];
      if (access && !admits(access, probe)) return false;
    }
    return this.#residual === null || this.#residual(probe.thing);
  }
}
