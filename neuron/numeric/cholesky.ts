/**
 * Solves A·x = b for a symmetric positive definite A (row-major, n × n) by Cholesky's factorisation A = L·Lᵀ. Only the
 * lower triangle of A is read. `undefined` where A is not positive definite, or too near to it.
 */
export function solveCholesky(a: Float64Array, b: Float64Array): Float64Array | undefined {
  const n = b.length;
  const l = new Float64Array(n * n);
  for (let row = 0; row < n; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = at(a, row * n + column);
      const one = row * n;
      const other = column * n;
      // Nearly all of the time is spent here, a third less of it without a call of `at`.
      for (let k = 0; k < column; k += 1) sum -= (l[one + k] ?? 0) * (l[other + k] ?? 0);
      if (row === column) {
        if (!(sum > 1e-12 * Math.abs(at(a, row * n + row)))) return undefined;
        l[row * n + row] = Math.sqrt(sum);
      } else l[row * n + column] = sum / at(l, column * n + column);
    }
  }
  const x = Float64Array.from(b);
  for (let row = 0; row < n; row += 1) {
    for (let k = 0; k < row; k += 1) x[row] = at(x, row) - at(l, row * n + k) * at(x, k);
    x[row] = at(x, row) / at(l, row * n + row);
  }
  for (let row = n - 1; row >= 0; row -= 1) {
    for (let k = row + 1; k < n; k += 1) x[row] = at(x, row) - at(l, k * n + row) * at(x, k);
    x[row] = at(x, row) / at(l, row * n + row);
  }
  return x;
}

/** Every index here is within bounds; the type can't know. */
function at(array: Float64Array, index: number): number {
  return array[index] ?? Number.NaN;
}
