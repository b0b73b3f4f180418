import { leafOf, readForest } from './forest.ts';

/** What the trees were grown on, and how far each of them was to go. */
export interface Growth {
  readonly rows: readonly (readonly number[])[];
  readonly targets: readonly number[];
  readonly eta: number;
  readonly lambda: number;
}

/**
 * The same trees with other leaves: what a leaf adds is the median of what the trees before it left over, instead of
 * the mean (LAD TreeBoost, Friedman 2001), shrunk by `eta` and, as XGBoost does, by `n / (n + lambda)`. Splits are found by
 * squared errors, but forecasts are judged by absolute ones: between rare spikes the mean is wrong all the time, the
 * median hardly ever. Changes `bytes`, which are in XGBoost's binary format.
 */
export function withMedianLeaves(bytes: Uint8Array, { rows, targets, eta, lambda }: Growth): Uint8Array {
  const forest = readForest(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const columns = rows[0]?.length ?? 0;
  const features = new Float32Array(rows.length * columns);
  for (const [row, values] of rows.entries()) features.set(values, row * columns);
  const rest = Float64Array.from(targets, (target) => target - forest.base);
  const leaves = new Int32Array(rows.length);
  for (const root of forest.roots) {
    for (let row = 0; row < rows.length; row += 1) {
      leaves[row] = leafOf(forest, root, features, row * columns);
    }
    const added = new Map<number, number>();
    for (const [leaf, left] of restByLeaf(leaves, rest)) {
      const share = left.length / (left.length + lambda);
      const value = Math.fround(eta * share * medianOf(left));
      view.setFloat32(forest.valueAt[leaf] ?? 0, value, true);
      added.set(leaf, value);
    }
    for (let row = 0; row < rows.length; row += 1) {
      rest[row] = (rest[row] ?? 0) - (added.get(leaves[row] ?? 0) ?? 0);
    }
  }
  return bytes;
}

function restByLeaf(leaves: Int32Array, rest: Float64Array): ReadonlyMap<number, Float64Array> {
  const counts = new Map<number, number>();
  for (const leaf of leaves) counts.set(leaf, (counts.get(leaf) ?? 0) + 1);
  const groups = new Map([...counts].map(([leaf, count]) => [leaf, new Float64Array(count)]));
  const filled = new Map<number, number>();
  for (const [row, leaf] of leaves.entries()) {
    const at = filled.get(leaf) ?? 0;
    const group = groups.get(leaf);
    if (group) group[at] = rest[row] ?? 0;
    filled.set(leaf, at + 1);
  }
  return groups;
}

/** Sorts the numbers. */
function medianOf(numbers: Float64Array): number {
  numbers.sort();
  const middle = numbers.length >> 1;
  const upper = numbers[middle] ?? 0;
  return numbers.length % 2 === 1 ? upper : ((numbers[middle - 1] ?? 0) + upper) / 2;
}
