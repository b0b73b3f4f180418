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

/**
 * Takes row after row into the state, exactly as `absorb` does one, and writes their errors into `errors`. `phases` are the
 * steps modulo each season's period, of which there are two at most. Fitting a smoothing is little else, so the state is
 * held in local variables.
 */
export function absorbAll(
  state: State,
  { alpha, beta, damping, gammas, carry }: Smoothing,
  phases: readonly Int32Array[],
  values: Float64Array,
  errors: Float64Array,
): void {
  let { level, trend, residual } = state;
  const nothing = new Float64Array(1);
  const always = new Int32Array(phases.length < 2 ? values.length : 0);
  const [first = nothing, second = nothing] = state.seasons;
  const [inFirst = always, inSecond = always] = phases;
  const [ofFirst = 0, ofSecond = 0] = gammas;
  for (let row = 0; row < values.length; row += 1) {
    const one = inFirst[row] ?? 0;
    const two = inSecond[row] ?? 0;
    const value = values[row] ?? 0;
    const base = level + damping * trend + (first[one] ?? 0) + (second[two] ?? 0);
    const error = value - base - carry * residual;
    level += damping * trend + alpha * error;
    trend = damping * trend + alpha * beta * error;
    first[one] = (first[one] ?? 0) + ofFirst * error;
    second[two] = (second[two] ?? 0) + ofSecond * error;
    residual = value - base;
    errors[row] = error;
  }
  state.level = level;
  state.trend = trend;
  state.residual = residual;
}

/** Cycles of a season that its start is taken from. */
const CYCLES = 3;

/**
 * Where to start: the mean of the first rows, the slope from the first cycle to the third (none without a season), and
 * each season's mean deviations from its cycles' means and that slope.
 */
export function startOf(values: Float64Array, steps: Int32Array, { trend, seasons }: Form): State {
  const rows = Math.min(values.length, Math.max(10, ...seasons.map((period) => CYCLES * period)));
  const rest = values.slice(0, rows);
  let slope = 0;
  const found = seasons.map((period) => {
    const season = seasonOf(rest, steps, period);
    slope = season.slope;
    for (let row = 0; row < rows; row += 1) {
      rest[row] = (rest[row] ?? 0) - (season.deviations[(steps[row] ?? 0) % period] ?? 0);
    }
    return season.deviations;
  });
  const first = Math.min(rows, Math.max(5, seasons[0] ?? 0));
  // The level is that before the first row; the mean is that of the middle of the rows it is over.
  const level = meanOf(rest, 0, first) - (trend ? (slope * (first + 1)) / 2 : 0);
  return { level, trend: trend ? slope : 0, residual: 0, seasons: found };
}

function seasonOf(values: Float64Array, steps: Int32Array, period: number) {
  const cycles = Math.max(1, Math.min(CYCLES, Math.floor(values.length / period)));
  const means = Array.from({ length: cycles }, (_, cycle) =>
    meanOf(values, cycle * period, (cycle + 1) * period),
  );
  const slope = cycles < 2 ? 0 : ((means[cycles - 1] ?? 0) - (means[0] ?? 0)) / ((cycles - 1) * period);
  const deviations = new Float64Array(period);
  const counts = new Float64Array(period);
  for (let row = 0; row < Math.min(values.length, cycles * period); row += 1) {
    const middle = (row % period) - (period - 1) / 2;
    const index = (steps[row] ?? 0) % period;
    const deviation = (values[row] ?? 0) - (means[Math.floor(row / period)] ?? 0) - slope * middle;
    deviations[index] = (deviations[index] ?? 0) + deviation;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  for (let i = 0; i < period; i += 1) deviations[i] = (deviations[i] ?? 0) / Math.max(counts[i] ?? 0, 1);
  return { slope, deviations };
}

function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  const end = Math.min(to, values.length);
  for (let row = from; row < end; row += 1) sum += values[row] ?? 0;
  return sum / Math.max(end - from, 1);
}
