import type { Pattern, Series } from './adapter.ts';
import { type FeatureShape, Features } from './features.ts';

/** Waves that tell a phase: so many for a short cycle, such as a day of hours, and for a longer one. */
const WAVES = { short: 6, long: 3 };
const SHORT_CYCLE = 48;
/** A spread is no smaller than this, in typical changes: what hardly ever moves stays near nothing. */
const LEAST_SPREAD = 1e-6;

/** What inputs are made of: features, how they are brought to one size, and the typical change. */
export interface InputFrame {
  readonly shape: FeatureShape;
  readonly pattern: Pattern;
  readonly unit: number;
}

/** The middle of each feature, and how far from it its values usually are. */
export interface Standard {
  readonly middles: Float64Array;
  readonly spreads: Float64Array;
}

/**
 * The trees' features as networks and kernels can use them: in sizes of how far each usually is from its middle, large ones drawn
 * in (what is linear goes on where trees stop), phases as sines and cosines.
 */
export class Inputs {
  readonly columns: number;
  readonly #features: Features;
  readonly #row: Float32Array;
  /** Columns that are numbers; the others are phases. */
  readonly #plain: number;
  readonly #cycles: readonly Cycle[];

  /** `ahead` rows more will be appended. */
  constructor(series: Series, { shape, pattern, unit }: InputFrame, ahead = 0) {
    this.#features = new Features(series, shape, pattern, unit, ahead);
    this.#row = new Float32Array(this.#features.columns);
    this.#plain = plainColumns(this.#features.columns, shape);
    this.#cycles = cyclesOf(shape);
    this.columns = this.#plain + 2 * this.#cycles.reduce((sum, { waves }) => sum + waves, 0);
  }

  /** Rows before a target that its inputs reach back to. */
  get reach(): number {
    return this.#features.reach;
  }

  append(value: number): void {
    this.#features.append(value);
  }

  /** Writes the inputs of target `row` into `out` from `offset` on; without a standard the plain ones as they are. */
  fill(row: number, out: Float64Array, offset: number, standard?: Standard): void {
    this.#features.fill(row, this.#row, 0);
    let column = 0;
    for (; column < this.#plain; column += 1) {
      const value = this.#row[column] ?? 0;
      const spread = standard?.spreads[column] ?? 1;
      out[offset + column] = standard
        ? Math.asinh((value - (standard.middles[column] ?? 0)) / spread)
        : value;
    }
    let at = offset + column;
    for (const { length, waves } of this.#cycles) {
      const angle = (2 * Math.PI * (this.#row[column++] ?? 0)) / length;
      for (let wave = 1; wave <= waves; wave += 1) {
        out[at++] = Math.sin(wave * angle);
        out[at++] = Math.cos(wave * angle);
      }
    }
  }

  /** Brings plain inputs of so many rows to one size, in place, and says how. */
  standardise(inputs: Float64Array): Standard {
    const rows = inputs.length / this.columns;
    const middles = new Float64Array(this.#plain);
    const spreads = new Float64Array(this.#plain);
    const sorted = new Float64Array(rows);
    for (let column = 0; column < this.#plain; column += 1) {
      for (let row = 0; row < rows; row += 1) sorted[row] = inputs[row * this.columns + column] ?? 0;
      sorted.sort();
      const middle = sorted[rows >> 1] ?? 0;
      let sum = 0;
      for (const value of sorted) sum += Math.abs(value - middle);
      // Of normal numbers it is their deviation, about.
      const spread = (1.4 * sum) / rows + LEAST_SPREAD;
      middles[column] = middle;
      spreads[column] = spread;
      for (let row = 0; row < rows; row += 1) {
        const at = row * this.columns + column;
        inputs[at] = Math.asinh(((inputs[at] ?? 0) - middle) / spread);
      }
    }
    return { middles, spreads };
  }
}

/** A cycle in the units of its phase, and how many waves tell where in it a row is. */
interface Cycle {
  readonly length: number;
  readonly waves: number;
}

/** In the order of the features: the seasons in rows, then the calendar in ms. */
function cyclesOf({ seasons, calendar }: FeatureShape): Cycle[] {
  const wavesOf = (period: number) =>
    Math.min(period > SHORT_CYCLE ? WAVES.long : WAVES.short, Math.floor(period / 2));
  return [
    ...seasons.map((period) => ({ length: period, waves: wavesOf(period) })),
    ...calendar.map((length) => ({ length, waves: WAVES.long })),
  ];
}

/** How many of the features are numbers: phases come last. */
function plainColumns(columns: number, { seasons, calendar }: FeatureShape): number {
  return columns - seasons.length - calendar.length;
}
