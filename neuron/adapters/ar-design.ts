import type { Pattern, Series } from './adapter.ts';
import { Profile, profileReach } from './profile.ts';
import { type Scale, toScale } from './scale.ts';
import { Slots } from './slots.ts';

/** What an autoregression looks at. */
export interface ArShape {
  /** Lags 1 … `lags` of the change. */
  readonly lags: number;
  /** Periods, in rows. */
  readonly seasons: readonly number[];
  /** Rows of the mean that the level is held against. */
  readonly meanRows: number;
  readonly scale: Scale;
}

/** Rows around a season's lag that are looked at, too. */
const AROUND = [-1, 0, 1];
/** Newest changes that are held against what is usual at their phases. */
const SURPRISES = [1, 2, 3];

/** The shape that so many rows can carry: at least ten or so for each coefficient. */
export function arShape(rows: number, pattern: Pattern, scale: Scale): ArShape {
  const seasons = pattern.seasons.filter((period) => period * 3 <= rows).slice(0, 2);
  const lags = Math.max(1, Math.min(24, Math.floor(rows / 25)));
  return { lags, seasons, meanRows: Math.min(200, Math.max(4, Math.floor(rows / 8))), scale };
}

/** Rows before a target that training takes, so that most features have all they are made of. */
export function reach({ lags, seasons, meanRows }: ArShape): number {
  return Math.max(lags + 2, meanRows + 1, 4 * Math.max(0, ...seasons) + 3);
}

/** Newest rows that a forecast is made of: all that any feature looks at. */
export function memory(shape: ArShape): number {
  const longest = Math.max(0, ...shape.seasons);
  return Math.max(2 * reach(shape) + 1, longest > 0 ? profileReach(longest) + SURPRISES.length : 0);
}

export function columnsOf({ lags, seasons }: ArShape): number {
  return lags + 1 + seasons.length * (AROUND.length + SURPRISES.length + 5);
}

/** The features of each target row of a series, for training and for forecasting alike. */
export class ArDesign {
  readonly #shape: ArShape;
  readonly #slots: Slots;
  /** The values in the model's scale. */
  readonly values: Float64Array;
  readonly #sums: Float64Array;
  readonly #profiles: readonly Profile[];
  #known: number;

  /** `ahead` rows more will be appended. */
  constructor(series: Series, shape: ArShape, pattern: Pattern, ahead = 0) {
    const n = series.values.length;
    this.#shape = shape;
    this.#known = n;
    this.#slots = new Slots(series.times, pattern, ahead);
    this.values = new Float64Array(n + ahead);
    this.#sums = new Float64Array(n + ahead + 1);
    this.#profiles = shape.seasons.map(
      (period) => new Profile(period, n + ahead, this.#slots, (row) => this.#change(row)),
    );
    for (let row = 0; row < n; row += 1)
      this.#set(row, toScale(shape.scale, series.values[row] ?? Number.NaN));
  }

  append(value: number): void {
    this.#set(this.#known, value);
    this.#known += 1;
  }

  /** Writes the features of target `row` (its own value is not looked at) into `out` from `offset` on. */
  fill(row: number, out: Float64Array, offset: number): void {
    const { lags, seasons, meanRows } = this.#shape;
    let column = offset;
    for (let lag = 1; lag <= lags; lag += 1) out[column++] = this.#change(row - lag);
    const last = this.values[row - 1] ?? 0;
    const since = Math.max(0, row - meanRows);
    out[column++] = last - ((this.#sums[row] ?? 0) - (this.#sums[since] ?? 0)) / (row - since);
    for (const [index, period] of seasons.entries()) {
      const before = this.#slots.back(row, period);
      for (const off of AROUND) out[column++] = this.#change(before + off < row ? before + off : row - 1);
      out[column++] = this.#change(this.#slots.back(row, 2 * period));
      out[column++] = last - (this.values[Math.max(before - 1, 0)] ?? 0);
      let changes = 0;
      let levels = 0;
      let cycles = 0;
      for (; cycles < 4; cycles += 1) {
        const at = this.#slots.back(row, (cycles + 1) * period);
        if (at < 1) break;
        changes += this.#change(at);
        levels += this.values[at - 1] ?? 0;
      }
      out[column++] = cycles === 0 ? 0 : changes / cycles;
      out[column++] = cycles === 0 ? 0 : last - levels / cycles;
      const profile = this.#profiles[index];
      out[column++] = profile?.at(row) ?? 0;
      for (const lag of SURPRISES) out[column++] = this.#change(row - lag) - (profile?.at(row - lag) ?? 0);
    }
  }

  #change(row: number): number {
    return row < 1 ? 0 : (this.values[row] ?? 0) - (this.values[row - 1] ?? 0);
  }

  #set(row: number, value: number): void {
    this.values[row] = value;
    this.#sums[row + 1] = (this.#sums[row] ?? 0) + value;
  }
}
