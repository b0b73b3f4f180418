import type { Pattern, Series } from '../adapters/adapter.ts';

/** How a series comes: cadence, regularity and seasons. */
export function patternOf(series: Series): Pattern {
  const gaps = series.times.slice(1).map((time, row) => time - (series.times[row] ?? time));
  const cadenceMs = median(gaps);
  const near = gaps.filter((gap) => Math.abs(gap - cadenceMs) <= 0.1 * cadenceMs).length;
  return { cadenceMs, regular: near >= 0.9 * gaps.length, seasons: [] };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
