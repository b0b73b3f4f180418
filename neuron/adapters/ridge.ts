import { solveCholesky } from '../numeric/cholesky.ts';

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
  readonly #gram: Float64Array;
  readonly #moments: Float64Array;
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
    this.#gram = new Float64Array(columns * columns);
    this.#moments = new Float64Array(columns);
    this.#gather();
  }

  solve(strength: number): Linear {
    const { columns } = this.#regression;
    const gram = Float64Array.from(this.#gram);
    for (let i = 0; i < columns; i += 1)
      gram[i * columns + i] = (gram[i * columns + i] ?? 0) + strength * this.#weight;
    const solution = solveCholesky(gram, this.#moments) ?? new Float64Array(columns);
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
    this.#gather();
  }

  /** Weighted means and deviations, Gram matrix of the standardised features, and their products with the targets. */
  #gather(): void {
    const { features, targets, columns } = this.#regression;
    const squares = new Float64Array(columns);
    this.#means.fill(0);
    this.#gram.fill(0);
    this.#moments.fill(0);
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
    const x = new Float64Array(columns);
    const [weights, means, deviations] = [this.#weights, this.#means, this.#deviations];
    const [gram, moments] = [this.#gram, this.#moments];
    for (let row = this.#from; row < this.#to; row += 1) {
      const weight = weights[row - this.#from] ?? 1;
      const y = (targets[row] ?? 0) - this.#targetMean;
      for (let i = 0; i < columns; i += 1) {
        x[i] = ((features[row * columns + i] ?? 0) - (means[i] ?? 0)) / (deviations[i] ?? 1);
      }
      for (let i = 0; i < columns; i += 1) {
        const scaled = weight * (x[i] ?? 0);
        moments[i] = (moments[i] ?? 0) + scaled * y;
        const base = i * columns;
        for (let j = 0; j <= i; j += 1) gram[base + j] = (gram[base + j] ?? 0) + scaled * (x[j] ?? 0);
      }
    }
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
