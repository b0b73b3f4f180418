/** How exact sums of squares are, in parts of their mean. */
const ROUNDING = 1e-12;

/**
 * Ridge regression by normal equations and a Cholesky factor: minimises |y − Xb|² + penalty·n·|b|². Columns are expected
 * on a common scale, whichever that is, and without an intercept. Source: Hoerl & Kennard (1970).
 */
export function ridge(
  rows: readonly Float64Array[],
  targets: readonly number[],
  penalty: number,
): Float64Array {
  const width = rows[0]?.length ?? 0;
  const gram = new Float64Array(width * width);
  const moment = new Float64Array(width);
  for (const [index, row] of rows.entries()) {
    const target = targets[index] ?? 0;
    for (let i = 0; i < width; i++) {
      const value = row[i] ?? 0;
      moment[i] = (moment[i] ?? 0) + value * target;
      for (let j = 0; j <= i; j++) gram[i * width + j] = (gram[i * width + j] ?? 0) + value * (row[j] ?? 0);
    }
  }
  let trace = 0;
  for (let i = 0; i < width; i++) trace += gram[i * width + i] ?? 0;
  const size = trace / Math.max(width, 1);
  // All rows are zeros, and tell nothing.
  if (!(size > 0)) return new Float64Array(width);
  const ridgeTerm = (penalty + ROUNDING) * size;
  for (let i = 0; i < width; i++) gram[i * width + i] = (gram[i * width + i] ?? 0) + ridgeTerm;
  return solve(gram, moment, ROUNDING * size);
}

/** By Cholesky's factorisation, in place of `gram`; no pivot is below `least`. */
function solve(gram: Float64Array, moment: Float64Array, least: number): Float64Array {
  const width = moment.length;
  const at = (i: number, j: number): number => gram[i * width + j] ?? 0;
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = at(i, j);
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      gram[i * width + j] = i === j ? Math.sqrt(Math.max(sum, least)) : sum / at(j, j);
    }
  }
  const solution = Float64Array.from(moment);
  for (let i = 0; i < width; i++) {
    let sum = solution[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= at(i, k) * (solution[k] ?? 0);
    solution[i] = sum / at(i, i);
  }
  for (let i = width - 1; i >= 0; i--) {
    let sum = solution[i] ?? 0;
    for (let k = i + 1; k < width; k++) sum -= at(k, i) * (solution[k] ?? 0);
    solution[i] = sum / at(i, i);
  }
  return solution;
}
