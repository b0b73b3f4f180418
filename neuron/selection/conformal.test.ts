import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalFrom } from '../testing/test-series.ts';
import { Conformal } from './conformal.ts';

/** Share of the rows after the first hundred that lie within the interval of 80 %. */
function coverage(errors: readonly number[]): number {
  const conformal = new Conformal([0.1, 0.9]);
  let within = 0;
  for (const [row, error] of errors.entries()) {
    const [low, high] = conformal.around(0, 1);
    if (row >= 100 && low && high && -error >= low.value && -error <= high.value) within += 1;
    conformal.push(error);
  }
  return within / (errors.length - 100);
}

function errorsOf(of: (normal: number, row: number) => number): number[] {
  const normal = normalFrom(7);
  return Array.from({ length: 1_100 }, (_, row) => of(normal(), row));
}

describe('an interval of 80 % holds 80 %', () => {
  it.each([
    ['normal', errorsOf((normal) => normal)],
    ['skewed, far from zero', errorsOf((normal) => Math.exp(normal) + 3)],
    ['with heavy tails', errorsOf((normal) => normal ** 3)],
    ['that grow', errorsOf((normal, row) => normal * (1 + row / 100))],
    ['that jump and calm down', errorsOf((normal, row) => normal * (row % 300 < 80 ? 5 : 1))],
  ])('of errors %s', (_, errors) => {
    expect(Math.abs(coverage(errors) - 0.8)).toBeLessThan(0.03);
  });
});

/** Share of the errors of some rows that lie below each quantile, given all errors before. */
function below(errors: readonly number[], level: number, rows: readonly [number, number]): number {
  const conformal = new Conformal([level]);
  let held = 0;
  for (const [row, error] of errors.entries()) {
    const [quantile] = conformal.around(0, 1);
    if (row >= rows[0] && row < rows[1] && quantile && -error <= quantile.value) held += 1;
    conformal.push(error);
  }
  return held / (rows[1] - rows[0]);
}

it('moves its levels when errors lean the other way, long before the old ones are forgotten', () => {
  // All too low, then all too high: at first all are above the quantile of 20 %, then all below that of 80 %.
  const errors = errorsOf((normal, row) => (row < 300 ? -1 : 1) * (1 + 0.3 * Math.abs(normal)));
  // Of the 250 errors that quantiles are made of, half are still the old ones at the end of these rows.
  expect(Math.abs(below(errors, 0.2, [330, 420]) - 0.2)).toBeLessThan(0.12);
  expect(Math.abs(below(errors, 0.5, [330, 420]) - 0.5)).toBeLessThan(0.2);
});

it('gives quantiles in ascending order, wider further ahead, and none before there are errors', () => {
  const levels = [0.05, 0.25, 0.5, 0.75, 0.95];
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 60 }), (errors) => {
      const conformal = new Conformal(levels);
      for (const error of errors) conformal.push(error);
      const near = conformal.around(5, 1).map(({ value }) => value);
      const far = conformal.around(5, 4).map(({ value }) => value);
      expect(near.length === 0 || errors.length >= 10).toBe(true);
      expect(near).toEqual(near.toSorted((a, b) => a - b));
      for (const [index, value] of near.entries()) expect(far[index]).toBeCloseTo(5 + 2 * (value - 5), 3);
    }),
  );
});
