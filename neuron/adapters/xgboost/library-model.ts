import { type Forest, isSound } from './forest.ts';

/** Sizes in XGBoost's binary model format (0.7, little endian): see `src/learner.cc` and `src/tree/` there. */
const LEARNER_BYTES = 136;
const FOREST_BYTES = 160;
const TREE_BYTES = 148;
const NODE_BYTES = 20;
const STATISTIC_BYTES = 16;
/** The bit of a node's feature that says where missing values go; ours are never missing. */
const DEFAULT_LEFT = 0x8000_0000;

/** Reads the trees of a model in XGBoost's binary format. Throws `RangeError` if the bytes are no such model. */
export function readForest(bytes: Uint8Array): Forest {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const roots: number[] = [];
  const features: number[] = [];
  const values: number[] = [];
  const left: number[] = [];
  const right: number[] = [];
  let at = LEARNER_BYTES;
  for (let name = 0; name < 2; name += 1) at += 8 + Number(view.getBigUint64(at, true));
  const trees = view.getInt32(at, true);
  at += FOREST_BYTES;
  for (let tree = 0; tree < trees; tree += 1) {
    const nodes = view.getInt32(at + 4, true);
    at += TREE_BYTES;
    roots.push(features.length);
    for (let node = 0; node < nodes; node += 1, at += NODE_BYTES) {
      const isLeaf = view.getInt32(at + 4, true) < 0;
      left.push(isLeaf ? 0 : view.getInt32(at + 4, true));
      right.push(isLeaf ? 0 : view.getInt32(at + 8, true));
      features.push(isLeaf ? 0 : view.getUint32(at + 12, true) % DEFAULT_LEFT);
      values.push(view.getFloat32(at + 16, true));
    }
    at += nodes * STATISTIC_BYTES;
  }
  const forest = {
    base: view.getFloat32(0, true),
    roots: Uint32Array.from(roots),
    values: Float32Array.from(values),
    features: Uint16Array.from(features),
    left: Uint16Array.from(left),
    right: Uint16Array.from(right),
  };
  if (!isSound(forest)) throw new RangeError('These are no trees as XGBoost 0.7 writes them.');
  return forest;
}
