import type { EpochMs } from '../../schema/time.ts';
import type { Pattern, Series } from './adapter.ts';
import { ArDesign, columnsOf, memory, reach } from './ar-design.ts';

/** Lags of the relative change: Fibonacci's, from one row to many. */
const RELATIVE_LAGS = [1, 2, 3, 5, 8, 13, 21, 34, 55];
/** Rows of the rolling means and deviations. */
const WINDOWS = [3, 8, 24];
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** What the features of a series are made of. */
export interface FeatureShape {
  readonly seasons: readonly number[];
  /** Lengths, in ms, of the calendar's cycles that the series spans often enough. */
  readonly calendar: readonly number[];
}

export function featureShape({ times }: Series, pattern: Pattern): FeatureShape {
  const n = times.length;
  const span = (times[n - 1] ?? 0) - (times[0] ?? 0);
  const calendar = [DAY_MS, WEEK_MS].filter((cycle) => span >= 4 * cycle && pattern.cadenceMs * 2 < cycle);
  return { seasons: pattern.seasons.filter((period) => period * 3 <= n).slice(0, 2), calendar };
}

/**
 * Features of the rows of a series, all in units of the typical change where they have one: lags of the change,
 * seasonal lags, distances to the season before and to rolling means, rolling deviations, relative changes, phases of
 * the seasons, and the calendar.
 */
export class Features {
  readonly columns: number;
  /** Rows before a target that its features reach back to. */
  readonly reach: number;
  readonly #design: ArDesign;
  readonly #shape: FeatureShape;
  readonly #lagColumns: number;
  readonly #times: EpochMs[];
  readonly #cadenceMs: number;
  readonly #unit: number;
  readonly #row: Float64Array;

  /** `unit`: the typical change; `ahead` rows more will be appended. */
  constructor(series: Series, shape: FeatureShape, pattern: Pattern, unit: number, ahead = 0) {
    const lagged = { lags: 8, seasons: shape.seasons, meanRows: 55, scale: 'linear' } as const;
    this.#design = new ArDesign(series, lagged, pattern, ahead);
    this.#shape = shape;
    this.#lagColumns = columnsOf(lagged);
    this.#cadenceMs = pattern.cadenceMs;
    this.#unit = unit;
    this.#times = [...series.times];
    this.columns = columnCount(shape, this.#lagColumns);
    this.reach = reachOf(shape);
    this.#row = new Float64Array(this.#lagColumns);
  }

  get values(): Float64Array {
    return this.#design.values;
  }

  append(value: number): void {
    this.#design.append(value);
    this.#times.push((this.#times.at(-1) ?? 0) + this.#cadenceMs);
  }

  /** Writes the features of target `row`, which may be the one after the last, into `out` from `offset` on. */
  fill(row: number, out: Float32Array, offset: number): void {
    const { values } = this.#design;
    this.#design.fill(row, this.#row, 0);
    let column = offset;
    for (const value of this.#row) out[column++] = value / this.#unit;
    const last = values[row - 1] ?? 0;
    out[column++] = last / this.#unit;
    for (const rows of WINDOWS) {
      const { mean, deviation } = momentsOf(values, Math.max(0, row - rows), row);
      out[column++] = (last - mean) / this.#unit;
      out[column++] = deviation / this.#unit;
    }
    for (const lag of RELATIVE_LAGS) {
      const before = values[Math.max(row - 1 - lag, 0)] ?? 0;
      out[column++] = before === 0 ? 0 : (last - before) / Math.abs(before);
    }
    const time = this.#times[row] ?? (this.#times[row - 1] ?? 0) + this.#cadenceMs;
    for (const period of this.#shape.seasons) {
      const cycle = period * this.#cadenceMs;
      out[column++] = Math.round((time % cycle) / this.#cadenceMs);
    }
    for (const cycle of this.#shape.calendar) out[column++] = time % cycle;
  }
}

/** Rows before a target that its features reach back to. */
function reachOf({ seasons }: FeatureShape): number {
  return Math.max(57, reach({ lags: 8, seasons, meanRows: 55, scale: 'linear' }));
}

/** Newest rows that a forecast is made of. */
export function memoryOf({ seasons }: FeatureShape): number {
  return Math.max(2 * 57, memory({ lags: 8, seasons, meanRows: 55, scale: 'linear' }));
}

function columnCount({ seasons, calendar }: FeatureShape, lagColumns: number): number {
  return lagColumns + 1 + 2 * WINDOWS.length + RELATIVE_LAGS.length + seasons.length + calendar.length;
}

function momentsOf(values: Float64Array, from: number, to: number): { mean: number; deviation: number } {
  let sum = 0;
  for (let row = from; row < to; row += 1) sum += values[row] ?? 0;
  const mean = sum / (to - from);
  let squares = 0;
  for (let row = from; row < to; row += 1) squares += ((values[row] ?? 0) - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / (to - from)) };
}

/** The mean absolute change from row to row, which features and targets are scaled by; 1 where nothing changes. */
export function typicalChange(values: readonly number[]): number {
  let sum = 0;
  for (let row = 1; row < values.length; row += 1)
    sum += Math.abs((values[row] ?? 0) - (values[row - 1] ?? 0));
  return sum > 0 ? sum / (values.length - 1) : 1;
}
