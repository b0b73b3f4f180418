/** So much less than half, in parts of it, is half: in which order weights are added up makes a difference of less. */
const ROUNDING = 1e-12;

/** The value that half of the weight is at or below; the lower one of two. Of nothing, 0. */
export function weightedMedian(values: readonly number[], weights: readonly number[]): number {
  const order = ascending(values);
  let half = 0;
  for (const index of order) half += (weights[index] ?? 0) / 2;
  let passed = 0;
  for (const index of order) {
    passed += weights[index] ?? 0;
    if (passed >= half * (1 - ROUNDING)) return values[index] ?? 0;
  }
  return values[order.at(-1) ?? -1] ?? 0;
}

/** Few enough to be sorted by insertion, which the thousands of small medians of a stream's past are made by. */
const FEW = 24;

/** Indices of the values in ascending order. */
function ascending(values: readonly number[]): readonly number[] {
  const order = values.map((_, index) => index);
  if (values.length > FEW) return order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  for (let end = 1; end < order.length; end++) {
    const value = values[end] ?? 0;
    let place = end;
    for (; place > 0; place--) {
      const before = order[place - 1] ?? 0;
      if ((values[before] ?? 0) <= value) break;
      order[place] = before;
    }
    order[place] = end;
  }
  return order;
}

/** Where a robust mean starts from, and how far from there values count. */
export interface Center {
  readonly center: number;
  readonly farthest: number;
}

/** The weighted median, and `reach` times the weighted median distance to it. */
export function centerOf(values: readonly number[], weights: readonly number[], reach: number): Center {
  const center = weightedMedian(values, weights);
  const distances = values.map((value) => Math.abs(value - center));
  return { center, farthest: reach * weightedMedian(distances, weights) };
}

/**
 * A weighted mean that one wild value can't carry away: values count as no farther from the weighted median than `reach`
 * times the weighted median distance to it (winsorising; Huber & Ronchetti, Robust Statistics, 2009). Whoever holds
 * less than half of the weight moves it boundedly, whatever they say.
 */
export function robustMean(values: readonly number[], weights: readonly number[], reach: number): number {
  return meanAround(centerOf(values, weights, reach), values, weights);
}

/** The weighted mean of values that count as no farther from the center than it says. */
export function meanAround(
  { center, farthest }: Center,
  values: readonly number[],
  weights: readonly number[],
): number {
  let sum = 0;
  let total = 0;
  for (const [index, value] of values.entries()) {
    const weight = weights[index] ?? 0;
    sum += weight * within(value - center, farthest);
    total += weight;
  }
  return total > 0 ? center + sum / total : center;
}

/** A distance, no longer than `farthest` either way. */
export function within(distance: number, farthest: number): number {
  return Math.min(farthest, Math.max(-farthest, distance));
}
