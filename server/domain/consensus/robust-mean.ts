/** The value that half of the weight is at or below; the lower one of two. Of nothing, 0. */
export function weightedMedian(values: readonly number[], weights: readonly number[]): number {
  const order = values.map((value, index) => ({ value, weight: weights[index] ?? 0 }));
  order.sort((a, b) => a.value - b.value);
  const half = order.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let passed = 0;
  for (const { value, weight } of order) {
    passed += weight;
    if (passed >= half) return value;
  }
  return order.at(-1)?.value ?? 0;
}

/**
 * A weighted mean that one wild value can't carry away: values count as no farther from the weighted median than `reach`
 * times the weighted median distance to it (winsorising; Huber & Ronchetti, Robust Statistics, 2009). Whoever holds
 * less than half of the weight moves it boundedly, whatever they say.
 */
export function robustMean(values: readonly number[], weights: readonly number[], reach: number): number {
  const center = weightedMedian(values, weights);
  const distances = values.map((value) => Math.abs(value - center));
  const farthest = reach * weightedMedian(distances, weights);
  let sum = 0;
  let total = 0;
  for (const [index, value] of values.entries()) {
    const weight = weights[index] ?? 0;
    sum += weight * Math.min(farthest, Math.max(-farthest, value - center));
    total += weight;
  }
  return total > 0 ? center + sum / total : center;
}
