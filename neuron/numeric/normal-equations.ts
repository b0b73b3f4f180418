import { solveCholesky } from './cholesky.ts';

/** Functions of rows (row-major) and what they are to add up to. */
export interface Rows {
  readonly functions: Float64Array;
  readonly columns: number;
  readonly targets: Float64Array;
}

/** The normal equations of weighted least squares. Of the Gram matrix only the lower triangle is there. */
export interface NormalEquations {
  readonly gram: Float64Array;
  readonly moments: Float64Array;
}

/** Of the rows from `from` up to `to`. */
export function normalEquations(
  { functions, columns, targets }: Rows,
  weights: Float64Array,
  from: number,
  to: number,
): NormalEquations {
  const gram = new Float64Array(columns * columns);
  const moments = new Float64Array(columns);
  // Four rows at a time: reading and writing the matrix takes longer than adding to it.
  for (let row = from; row < to; row += 4) {
    const at = (step: number) => Math.min(row + step, to - 1) * columns;
    const weight = (step: number) => (row + step < to ? (weights[row + step] ?? 0) : 0);
    const [p, q, r, s] = [at(0), at(1), at(2), at(3)];
    const [wp, wq, wr, ws] = [weight(0), weight(1), weight(2), weight(3)];
    const tp = targets[row] ?? 0;
    const tq = targets[row + 1] ?? 0;
    const tr = targets[row + 2] ?? 0;
    const ts = targets[row + 3] ?? 0;
    for (let i = 0; i < columns; i += 1) {
      const fp = wp * (functions[p + i] ?? 0);
      const fq = wq * (functions[q + i] ?? 0);
      const fr = wr * (functions[r + i] ?? 0);
      const fs = ws * (functions[s + i] ?? 0);
      moments[i] = (moments[i] ?? 0) + fp * tp + fq * tq + fr * tr + fs * ts;
      const base = i * columns;
      for (let j = 0; j <= i; j += 1) {
        gram[base + j] =
          (gram[base + j] ?? 0) +
          fp * (functions[p + j] ?? 0) +
          fq * (functions[q + j] ?? 0) +
          fr * (functions[r + j] ?? 0) +
          fs * (functions[s + j] ?? 0);
      }
    }
  }
  return { gram, moments };
}

/** The coefficients with the least weighted squares and `strength` times their penalty; `undefined` if there are none. */
export function solveRidge(
  { gram, moments }: NormalEquations,
  penalties: Float64Array,
  strength: number,
): Float64Array | undefined {
  const penalised = gram.map((product, i) => product + strength * (penalties[i] ?? 0));
  return solveCholesky(penalised, moments);
}

/** What coefficients say of a row of functions that starts at `offset`. */
export function dot(coefficients: Float64Array, functions: Float64Array, offset: number): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i += 1) {
    sum += (coefficients[i] ?? 0) * (functions[offset + i] ?? 0);
  }
  return sum;
}
