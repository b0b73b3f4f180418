import { expect, it } from 'vitest';
import { contextOf, daily, hourly, normalFrom } from '../testing/test-series.ts';
import { ar } from './ar.ts';

it('finds the coefficients of the process that made the changes', () => {
  const normal = normalFrom(11);
  const changes = [0, 0];
  for (let row = 2; row < 3_000; row += 1) {
    changes.push(0.5 * (changes[row - 1] ?? 0) - 0.3 * (changes[row - 2] ?? 0) + normal());
  }
  let value = 0;
  const values = changes.map((change) => {
    value += change;
    return value;
  });
  const saved = ar.fit(hourly(values), contextOf([])).save();
  expect(saved).toHaveProperty('coefficients');
  const [first, second, third] = (saved as { coefficients: number[] }).coefficients;
  expect(Math.abs((first ?? 0) - 0.5)).toBeLessThan(0.08);
  expect(Math.abs((second ?? 0) + 0.3)).toBeLessThan(0.08);
  expect(Math.abs(third ?? 1)).toBeLessThan(0.08);
});

it('goes on with a season on a trend almost exactly, step by step', () => {
  const values = daily(400, 0.001);
  const model = ar.fit(hourly(values), contextOf([24]));
  const next = daily(406, 0);
  for (const horizon of [1, 3, 6]) {
    expect(Math.abs((model.predict(hourly(values), horizon) ?? 0) - (next[399 + horizon] ?? 0))).toBeLessThan(
      0.5,
    );
  }
});

it('says nothing about values without a logarithm where it works in logarithms', () => {
  const normal = normalFrom(2);
  let value = 0;
  const values = Array.from({ length: 300 }, (_, row) => {
    value = 0.9 * value + 0.2 * normal();
    return Math.exp(value + 2 * Math.sin((2 * Math.PI * row) / 24));
  });
  const model = ar.fit(hourly(values), contextOf([24]));
  expect(model.hyperparameters.log).toBe(1);
  const broken = hourly([...values, -1]);
  expect(model.predict(broken, 1)).toBeUndefined();
});
