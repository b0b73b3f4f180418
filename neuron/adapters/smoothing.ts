/** Which components an exponential smoothing has. */
export interface Form {
  readonly trend: boolean;
  /** Periods of the additive seasons. */
  readonly seasons: readonly number[];
  /** Whether what is left over carries on into the next step. */
  readonly residual: boolean;
}

/** Smoothing parameters, each from 0 to 1. */
export interface Smoothing {
  readonly alpha: number;
  /** Of the trend, as a share of alpha. */
  readonly beta: number;
  /** What is left of the trend after a step. */
  readonly damping: number;
  /** Of each season. */
  readonly gammas: readonly number[];
  /** What is left of a residual after a step. */
  readonly carry: number;
}

export interface State {
  level: number;
  trend: number;
  residual: number;
  /** By step modulo period. */
  readonly seasons: readonly Float64Array[];
}

/**
 * Additive exponential smoothing in its error-correction form: level, damped trend and any number of seasons
 * (Hyndman et al. 2008; two seasons and the carried residual as in Taylor 2003). The forecast of `ahead` steps after
 * `state`, whose newest row was at `step`.
 */
export function forecastOf(state: State, { damping, carry }: Smoothing, step: number, ahead: number): number {
  let value = state.level;
  let damped = 0;
  for (let h = 1, power = damping; h <= ahead; h += 1, power *= damping) damped += power;
  value += damped * state.trend + carry ** ahead * state.residual;
  for (const season of state.seasons) value += season[(step + ahead) % season.length] ?? 0;
  return value;
}

/** Takes the row at `step` into the state, and gives the error (value − forecast) of the step before. */
export function absorb(state: State, smoothing: Smoothing, step: number, value: number): number {
  const { alpha, beta, damping, gammas, carry } = smoothing;
  let base = state.level + damping * state.trend;
  for (const season of state.seasons) base += season[step % season.length] ?? 0;
  const error = value - base - carry * state.residual;
  state.level += damping * state.trend + alpha * error;
  state.trend = damping * state.trend + alpha * beta * error;
  for (let k = 0; k < state.seasons.length; k += 1) {
    const season = state.seasons[k];
    const index = season ? step % season.length : 0;
    if (season) season[index] = (season[index] ?? 0) + (gammas[k] ?? 0) * error;
  }
  state.residual = value - base;
  return error;
}

/** Where to start: the mean of the first rows, no trend, and each season's mean deviations over its first cycles. */
export function startOf(values: Float64Array, steps: Int32Array, { seasons }: Form): State {
  const cycles = 3;
  const rows = Math.min(values.length, Math.max(10, ...seasons.map((period) => cycles * period)));
  const rest = values.slice(0, rows);
  const found: Float64Array[] = [];
  for (const period of seasons) {
    const span = Math.min(rows, cycles * period);
    const sums = new Float64Array(period);
    const counts = new Float64Array(period);
    for (let row = 0; row < span; row += 1) {
      // The mean of the cycle that the row is in: levels may differ from one to the next.
      const cycle = Math.min(Math.floor(row / period), Math.max(Math.floor(span / period) - 1, 0));
      const mean = meanOf(rest, cycle * period, Math.min((cycle + 1) * period, span));
      const index = (steps[row] ?? 0) % period;
      sums[index] = (sums[index] ?? 0) + (rest[row] ?? 0) - mean;
      counts[index] = (counts[index] ?? 0) + 1;
    }
    for (let i = 0; i < period; i += 1) sums[i] = (sums[i] ?? 0) / Math.max(counts[i] ?? 0, 1);
    for (let row = 0; row < rows; row += 1) {
      rest[row] = (rest[row] ?? 0) - (sums[(steps[row] ?? 0) % period] ?? 0);
    }
    found.push(sums);
  }
  const first = Math.min(rows, Math.max(5, seasons[0] ?? 0));
  return { level: meanOf(rest, 0, first), trend: 0, residual: 0, seasons: found };
}

function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let row = from; row < to; row += 1) sum += values[row] ?? 0;
  return sum / Math.max(to - from, 1);
}
