import { solveCholesky } from '../numeric/cholesky.ts';
import { type NormalEquations, normalEquations } from '../numeric/normal-equations.ts';

/** Rows of features (row-major) and what they are to explain. */
export interface Regression {
  readonly features: Float64Array;
  readonly targets: Float64Array;
  readonly columns: number;
}

/** A linear function of the features. */
export interface Linear {
  readonly intercept: number;
  readonly coefficients: Float64Array;
}

/**
 * Ridge regression on standardised features: minimises Σ w·(y − ŷ)² + strength·Σ w·‖b‖², the intercept free. `from` and
 * `to` bound the rows. Weights are 1, or those of iteratively reweighted least squares, `1 / max(|residual|, floor)`,
 * which lead to the least absolute deviations (Schlossmacher 1973): that is what a forecast's error is judged by.
 */
export class Ridge {
  readonly #regression: Regression;
  readonly #from: number;
  readonly #to: number;
  readonly #weights: Float64Array;
  readonly #means: Float64Array;
  readonly #deviations: Float64Array;
  /** The features less their means, in deviations, and the targets less theirs. */
  readonly #standardised: Float64Array;
  readonly #centred: Float64Array;
  #equations: NormalEquations;
  #targetMean = 0;
  #weight = 0;

  constructor(regression: Regression, from: number, to: number) {
    const { columns } = regression;
    this.#regression = regression;
    this.#from = from;
    this.#to = to;
    this.#weights = new Float64Array(to - from).fill(1);
    this.#means = new Float64Array(columns);
    this.#deviations = new Float64Array(columns);
    this.#standardised = new Float64Array((to - from) * columns);
    this.#centred = new Float64Array(to - from);
    this.#equations = this.#gather();
  }

  solve(strength: number): Linear {
    const { columns } = this.#regression;
    const gram = this.#equations.gram.slice();
    for (let i = 0; i < columns; i += 1)
      gram[i * columns + i] = (gram[i * columns + i] ?? 0) + strength * this.#weight;
    const solution = solveCholesky(gram, this.#equations.moments) ?? new Float64Array(columns);
    let intercept = this.#targetMean;
    for (let i = 0; i < columns; i += 1) {
      const coefficient = (solution[i] ?? 0) / (this.#deviations[i] ?? 1);
      solution[i] = coefficient;
      intercept -= coefficient * (this.#means[i] ?? 0);
    }
    return { intercept, coefficients: solution };
  }

  /** Weighs the rows anew by how far `linear` is from them. */
  reweigh(linear: Linear): void {
    const { features, targets, columns } = this.#regression;
    let total = 0;
    for (let row = this.#from; row < this.#to; row += 1) {
      const residual = Math.abs((targets[row] ?? 0) - linearValue(linear, features, row * columns));
      this.#weights[row - this.#from] = residual;
      total += residual;
    }
    const floor = Math.max((0.05 * total) / (this.#to - this.#from), 1e-300);
    for (const [row, residual] of this.#weights.entries())
      this.#weights[row] = floor / Math.max(residual, floor);
    this.#equations = this.#gather();
  }

  /** Weighs means and deviations anew; gives the equations of the standardised features. */
  #gather(): NormalEquations {
    const { features, targets, columns } = this.#regression;
    const squares = new Float64Array(columns);
    this.#means.fill(0);
    this.#targetMean = 0;
    this.#weight = 0;
    for (let row = this.#from; row < this.#to; row += 1) {
      const weight = this.#weights[row - this.#from] ?? 1;
      this.#weight += weight;
      this.#targetMean += weight * (targets[row] ?? 0);
      for (let i = 0; i < columns; i += 1) {
        const x = features[row * columns + i] ?? 0;
        this.#means[i] = (this.#means[i] ?? 0) + weight * x;
        squares[i] = (squares[i] ?? 0) + weight * x * x;
      }
    }
    this.#targetMean /= this.#weight;
    for (let i = 0; i < columns; i += 1) {
      const mean = (this.#means[i] ?? 0) / this.#weight;
      const variance = (squares[i] ?? 0) / this.#weight - mean * mean;
      this.#means[i] = mean;
      this.#deviations[i] = variance > 1e-18 * mean * mean && variance > 0 ? Math.sqrt(variance) : 1;
    }
    const [means, deviations] = [this.#means, this.#deviations];
    const [functions, rest] = [this.#standardised, this.#centred];
    for (let row = 0, at = 0, from = this.#from * columns; row < rest.length; row += 1) {
      rest[row] = (targets[this.#from + row] ?? 0) - this.#targetMean;
      for (let i = 0; i < columns; i += 1, at += 1) {
        functions[at] = ((features[from + at] ?? 0) - (means[i] ?? 0)) / (deviations[i] ?? 1);
      }
    }
    return normalEquations({ functions, columns, targets: rest }, this.#weights, 0, rest.length);
  }
}

/** A linear function of the features that start at `offset`. */
export function linearValue(
  { intercept, coefficients }: Linear,
  features: Float64Array,
  offset: number,
): number {
  let sum = intercept;
  for (let i = 0; i < coefficients.length; i += 1)
    sum += (coefficients[i] ?? 0) * (features[offset + i] ?? 0);
  return sum;
}
