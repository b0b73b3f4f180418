import { expect, it } from 'vitest';
import { contextOf, hourly, normalFrom } from '../testing/test-series.ts';
import { theta } from './theta.ts';

it('is simple smoothing with half the slope of the line as drift', () => {
  const normal = normalFrom(5);
  const values = Array.from({ length: 80 }, (_, row) => 10 + 0.3 * row + normal());
  const model = theta.fit(hourly(values), contextOf([]));
  const alpha = model.hyperparameters.alpha ?? Number.NaN;
  const n = values.length;
  const mean = (of: (row: number) => number) => values.reduce((sum, _, row) => sum + of(row), 0) / n;
  const [x, y] = [mean((row) => row), mean((row) => values[row] ?? 0)];
  const slope = mean((row) => (row - x) * ((values[row] ?? 0) - y)) / mean((row) => (row - x) ** 2);
  const level = values.reduce((smoothed, value) => smoothed + alpha * (value - smoothed));
  for (const h of [1, 2, 7]) {
    const expected = level + (slope / 2) * (h - 1 + (1 - (1 - alpha) ** n) / alpha);
    expect(model.predict(hourly(values), h)).toBeCloseTo(expected, 8);
  }
});
