/** Sizes in XGBoost's binary model format (0.7, little endian): see `src/learner.cc` and `src/tree/` there. */
const LEARNER_BYTES = 136;
const FOREST_BYTES = 160;
const TREE_BYTES = 148;
const NODE_BYTES = 20;
const STATISTIC_BYTES = 16;
/** The bit of a node's feature that says where missing values go; ours are never missing. */
const DEFAULT_LEFT = 0x8000_0000;

/**
 * Boosted regression trees read from XGBoost's binary format, so that forecasts need neither the library nor its
 * memory. They are evaluated in single precision in the library's order: the sums are the same to the last bit.
 */
export class Trees {
  readonly #base: number;
  readonly #roots: number[] = [];
  readonly #features: number[] = [];
  /** Where a node splits; what it adds, if it is a leaf. */
  readonly #values: number[] = [];
  /** Negative in a leaf. */
  readonly #left: number[] = [];
  readonly #right: number[] = [];

  /** Throws `RangeError` if the bytes are no such model. */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = view.getFloat32(0, true);
    let at = LEARNER_BYTES;
    for (let name = 0; name < 2; name += 1) at += 8 + Number(view.getBigUint64(at, true));
    const trees = view.getInt32(at, true);
    at += FOREST_BYTES;
    for (let tree = 0; tree < trees; tree += 1) {
      const nodes = view.getInt32(at + 4, true);
      at += TREE_BYTES;
      const root = this.#features.length;
      this.#roots.push(root);
      for (let node = 0; node < nodes; node += 1, at += NODE_BYTES) {
        const left = view.getInt32(at + 4, true);
        this.#left.push(left < 0 ? -1 : root + left);
        this.#right.push(root + view.getInt32(at + 8, true));
        this.#features.push(view.getUint32(at + 12, true) % DEFAULT_LEFT);
        this.#values.push(view.getFloat32(at + 16, true));
      }
      at += nodes * STATISTIC_BYTES;
    }
  }

  predict(features: Float32Array): number {
    let sum = 0;
    for (const root of this.#roots) {
      let node = root;
      for (let left = this.#left[node] ?? -1; left >= 0; left = this.#left[node] ?? -1) {
        const isLeft = (features[this.#features[node] ?? 0] ?? 0) < (this.#values[node] ?? 0);
        node = isLeft ? left : (this.#right[node] ?? 0);
      }
      sum = Math.fround(sum + (this.#values[node] ?? 0));
    }
    return Math.fround(sum + this.#base);
  }
}
