import { type Forest, leafOf, readForest } from './forest.ts';

/**
 * Boosted regression trees read from XGBoost's binary format, so that forecasts need neither the library nor its
 * memory. They are evaluated in single precision in the library's order: the sums are the same to the last bit.
 */
export class Trees {
  readonly #forest: Forest;

  /** Throws `RangeError` if the bytes are no such model. */
  constructor(bytes: Uint8Array) {
    this.#forest = readForest(bytes);
  }

  predict(features: Float32Array): number {
    let sum = 0;
    for (const root of this.#forest.roots) {
      sum = Math.fround(sum + (this.#forest.values[leafOf(this.#forest, root, features)] ?? 0));
    }
    return Math.fround(sum + this.#forest.base);
  }
}
