import type { Pattern, Series } from '../adapters/adapter.ts';

/** Newest rows that are looked at. */
const MOST_ROWS = 4_032;
/** Cycles that a season must have been through. */
const CYCLES = 3;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** How a series comes: its cadence by the median gap, and its seasons by autocorrelation. */
export function patternOf(series: Series): Pattern {
  const gaps = series.times.slice(1).map((time, row) => time - (series.times[row] ?? time));
  const cadenceMs = median(gaps);
  const near = gaps.filter((gap) => Math.abs(gap - cadenceMs) <= 0.1 * cadenceMs).length;
  const regular = near >= 0.9 * gaps.length;
  return {
    cadenceMs,
    regular,
    seasons: regular ? seasonsOf(series.values.slice(-MOST_ROWS), cadenceMs) : [],
  };
}

/** Periods, the strongest first: one, and one that is nested in it or that it is nested in, as days are in weeks. */
function seasonsOf(values: readonly number[], cadenceMs: number): number[] {
  const changes = ranked(values.slice(1).map((value, row) => value - (values[row] ?? value)));
  const correlation = autocorrelations(changes);
  const calendar = [DAY_MS, WEEK_MS].map((cycle) => cycle / cadenceMs).filter(Number.isInteger);
  const first = strongest(correlation, changes.length) ?? expected(correlation, changes.length, calendar);
  if (first === undefined) return [];
  const rest = autocorrelations(withoutSeason(changes, first));
  const longer = calendar.filter((lag) => lag > first && lag % first === 0);
  const nested =
    expected(rest, changes.length, longer) ??
    strongest(rest, changes.length, (lag) => lag > first && lag % first === 0, first) ??
    strongest(correlation, changes.length, (lag) => lag >= 4 && lag < first && first % lag === 0);
  if (nested === undefined) return [first];
  const isStronger =
    unbiased(correlation, changes.length, nested) > 1.1 * unbiased(correlation, changes.length, first);
  return isStronger ? [nested, first] : [first, nested];
}

/**
 * The lag with the highest autocorrelation of the changes that is significant, a local peak among lags `step` apart, and
 * repeated at its double.
 */
function strongest(
  r: Float64Array,
  n: number,
  isWanted: (lag: number) => boolean = () => true,
  step = 1,
): number | undefined {
  // Bartlett: where there is none, r is about normal with deviation 1/√n; four of them, since many lags are tried.
  const least = Math.max(0.1, 4 / Math.sqrt(n));
  let best: number | undefined;
  let most = 0;
  for (let lag = 2; lag * CYCLES <= n; lag += 1) {
    const here = r[lag] ?? 0;
    const height = unbiased(r, n, lag);
    if (!isWanted(lag) || height < least || unbiased(r, n, 2 * lag) < 0.5 * height) continue;
    if (height < unbiased(r, n, lag - step) || height < unbiased(r, n, lag + step)) continue;
    // A multiple of a season correlates as well: it has to do clearly better than the shorter one.
    if (best !== undefined && here < 1.1 * most) continue;
    best = lag;
    most = here;
  }
  return best;
}

/** The first lag of the calendar whose autocorrelation is significant: three deviations, as few are tried. */
function expected(r: Float64Array, n: number, calendar: readonly number[]): number | undefined {
  return calendar.find((lag) => lag >= 2 && lag * CYCLES <= n && (r[lag] ?? 0) >= 3 / Math.sqrt(n));
}

/** Long lags have fewer products, so the estimate is low there, which keeps noise out; this takes that back. */
function unbiased(r: Float64Array, n: number, lag: number): number {
  return ((r[lag] ?? 0) * n) / (n - lag);
}

function autocorrelations(values: Float64Array): Float64Array {
  const n = values.length;
  const lags = Math.min(n - 1, 2 * Math.floor(n / CYCLES) + 1);
  const r = new Float64Array(lags + 1);
  let variance = 0;
  for (const value of values) variance += value * value;
  if (variance === 0) return r;
  for (let lag = 1; lag <= lags; lag += 1) {
    let sum = 0;
    for (let row = lag; row < n; row += 1) sum += (values[row] ?? 0) * (values[row - lag] ?? 0);
    r[lag] = sum / variance;
  }
  return r;
}

/** Ranks spread evenly over −1 … 1: a few huge changes would drown everything else. */
function ranked(values: readonly number[]): Float64Array {
  const order = values.map((_, row) => row).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Float64Array(values.length);
  let start = 0;
  while (start < order.length) {
    let end = start;
    while (end + 1 < order.length && values[order[end + 1] ?? 0] === values[order[start] ?? 0]) end += 1;
    const rank = (start + end + 1) / order.length - 1;
    for (let i = start; i <= end; i += 1) ranks[order[i] ?? 0] = rank;
    start = end + 1;
  }
  return ranks;
}

function withoutSeason(values: Float64Array, period: number): Float64Array {
  const sums = new Float64Array(period);
  const counts = new Float64Array(period);
  for (const [row, value] of values.entries()) {
    sums[row % period] = (sums[row % period] ?? 0) + value;
    counts[row % period] = (counts[row % period] ?? 0) + 1;
  }
  return values.map((value, row) => value - (sums[row % period] ?? 0) / (counts[row % period] ?? 1));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
