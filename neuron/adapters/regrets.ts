import type { AdapterName } from './adapter.ts';

/** What a row counts for beside the next newer one: half after 346 rows. */
const DECAY = 0.998;

/**
 * Weights by regret: how much less a mixture would have erred, had it moved towards a member. Each member has its share
 * ∝ its regret, where that is positive, over the squares of what it is made of (ML-Poly: Gaillard, Stoltz and van Erven
 * 2014, for absolute errors by their gradient). So a member counts for what it adds to the others, not for how good it is
 * alone: of two that err alike one is enough, and one that is worse but errs the other way is worth having.
 */
export class Regrets {
  readonly #regrets = new Map<AdapterName, number>();
  readonly #squares = new Map<AdapterName, number>();
  readonly #names: readonly AdapterName[];
  #weights: ReadonlyMap<AdapterName, number> = new Map();

  constructor(names: readonly AdapterName[]) {
    this.#names = names;
  }

  /** In sum 1, naive's among them; empty as long as nothing is known, which leaves everything to naive. */
  get weights(): ReadonlyMap<AdapterName, number> {
    return this.#weights;
  }

  /** Takes the errors of a row, naive's among them: a member that is missing erred as naive did. */
  push(errors: ReadonlyMap<AdapterName, number>): void {
    const naive = errors.get('naive') ?? 0;
    let mixed = naive;
    for (const [name, weight] of this.#weights) mixed += weight * ((errors.get(name) ?? naive) - naive);
    const shares: [AdapterName, number][] = [];
    let total = 0;
    for (const name of this.#names) {
      const regret = Math.sign(mixed) * (mixed - (errors.get(name) ?? naive));
      const sum = DECAY * (this.#regrets.get(name) ?? 0) + regret;
      const squares = DECAY * (this.#squares.get(name) ?? 0) + regret ** 2;
      this.#regrets.set(name, sum);
      this.#squares.set(name, squares);
      if (!(sum > 0 && squares > 0)) continue;
      shares.push([name, sum / squares]);
      total += sum / squares;
    }
    this.#weights = new Map(shares.map(([name, share]) => [name, share / total]));
  }
}
