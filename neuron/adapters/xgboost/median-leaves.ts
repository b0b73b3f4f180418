import { type Forest, leafOf } from './forest.ts';
import type { Table } from './library.ts';

/** What the trees were grown on, and how far each of them was to go. */
export interface Growth {
  readonly table: Table;
  readonly eta: number;
  readonly lambda: number;
}

/**
 * The same trees with other leaves: what a leaf adds is the median of what the trees before it left over, instead of
 * the mean (LAD TreeBoost, Friedman 2001), shrunk by `eta` and, as XGBoost does, by `n / (n + lambda)`. Splits are found by
 * squared errors, but forecasts are judged by absolute ones: between rare spikes the mean is wrong all the time, the
 * median hardly ever.
 */
export function withMedianLeaves(forest: Forest, { table, eta, lambda }: Growth): Forest {
  const { features, columns, targets } = table;
  const values = forest.values.slice();
  const rest = Float64Array.from(targets, (target) => target - forest.base);
  const leaves = new Int32Array(targets.length);
  for (const [tree, root] of forest.roots.entries()) {
    const nodes = (forest.roots[tree + 1] ?? forest.left.length) - root;
    for (let row = 0; row < targets.length; row += 1) {
      leaves[row] = leafOf(forest, root, features, row * columns) - root;
    }
    const added = mediansOf(rest, leaves, nodes).map(({ median, rows: there }) =>
      there === 0 ? 0 : Math.fround((eta * median * there) / (there + lambda)),
    );
    for (const [node, value] of added.entries()) {
      if (forest.left[root + node] === 0) values[root + node] = value;
    }
    for (let row = 0; row < targets.length; row += 1) {
      rest[row] = (rest[row] ?? 0) - (added[leaves[row] ?? 0] ?? 0);
    }
  }
  return { ...forest, values };
}

/** The median of the numbers in each of so many groups, and how many there are; 0 where there are none. */
function mediansOf(numbers: Float64Array, groups: Int32Array, count: number) {
  const ends = new Int32Array(count + 1);
  for (const group of groups) ends[group + 1] = (ends[group + 1] ?? 0) + 1;
  for (let group = 0; group < count; group += 1)
    ends[group + 1] = (ends[group + 1] ?? 0) + (ends[group] ?? 0);
  const grouped = new Float64Array(numbers.length);
  const next = ends.slice();
  for (let at = 0; at < numbers.length; at += 1) {
    const group = groups[at] ?? 0;
    const to = next[group] ?? 0;
    grouped[to] = numbers[at] ?? 0;
    next[group] = to + 1;
  }
  return Array.from({ length: count }, (_, group) => {
    const sorted = grouped.subarray(ends[group], ends[group + 1]).sort();
    const middle = sorted.length >> 1;
    const upper = sorted[middle] ?? 0;
    const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
    return { median, rows: sorted.length };
  });
}
