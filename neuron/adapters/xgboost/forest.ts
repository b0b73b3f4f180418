/** Sizes in XGBoost's binary model format (0.7, little endian): see `src/learner.cc` and `src/tree/` there. */
const LEARNER_BYTES = 136;
const FOREST_BYTES = 160;
const TREE_BYTES = 148;
const NODE_BYTES = 20;
const STATISTIC_BYTES = 16;
/** The bit of a node's feature that says where missing values go; ours are never missing. */
const DEFAULT_LEFT = 0x8000_0000;

/** The nodes of all trees one after the other. */
export interface Forest {
  readonly base: number;
  /** The first node of each tree. */
  readonly roots: readonly number[];
  readonly features: readonly number[];
  /** Where a node splits; what it adds, if it is a leaf. */
  readonly values: readonly number[];
  /** Negative in a leaf. */
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** Where in the bytes the value of a node stands. */
  readonly valueAt: readonly number[];
}

/** Reads a model of regression trees in XGBoost's binary format. Throws `RangeError` if the bytes are no such model. */
export function readForest(bytes: Uint8Array): Forest {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const roots: number[] = [];
  const features: number[] = [];
  const values: number[] = [];
  const left: number[] = [];
  const right: number[] = [];
  const valueAt: number[] = [];
  let at = LEARNER_BYTES;
  for (let name = 0; name < 2; name += 1) at += 8 + Number(view.getBigUint64(at, true));
  const trees = view.getInt32(at, true);
  at += FOREST_BYTES;
  for (let tree = 0; tree < trees; tree += 1) {
    const nodes = view.getInt32(at + 4, true);
    at += TREE_BYTES;
    const root = features.length;
    roots.push(root);
    for (let node = 0; node < nodes; node += 1, at += NODE_BYTES) {
      const child = view.getInt32(at + 4, true);
      left.push(child < 0 ? -1 : root + child);
      right.push(root + view.getInt32(at + 8, true));
      features.push(view.getUint32(at + 12, true) % DEFAULT_LEFT);
      values.push(view.getFloat32(at + 16, true));
      valueAt.push(at + 16);
    }
    at += nodes * STATISTIC_BYTES;
  }
  return { base: view.getFloat32(0, true), roots, features, values, left, right, valueAt };
}

/** The leaf of the tree at `root` that features, from `offset` on, end in. */
export function leafOf(forest: Forest, root: number, features: Float32Array, offset = 0): number {
  let node = root;
  for (let left = forest.left[node] ?? -1; left >= 0; left = forest.left[node] ?? -1) {
    const feature = features[offset + (forest.features[node] ?? 0)] ?? 0;
    node = feature < (forest.values[node] ?? 0) ? left : (forest.right[node] ?? 0);
  }
  return node;
}
