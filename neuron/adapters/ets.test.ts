import { expect, it } from 'vitest';
import { contextOf, daily, hourly, normalFrom } from '../testing/test-series.ts';
import { ets } from './ets.ts';

it('goes on with a season exactly, once it has seen it', () => {
  const season = [3, -1, 4, -1, -5, 0];
  const values = Array.from({ length: 120 }, (_, row) => 50 + (season[row % 6] ?? 0));
  const model = ets.fit(hourly(values), contextOf([6]));
  expect(model.hyperparameters.seasons).toBe(1);
  for (let horizon = 1; horizon <= 6; horizon += 1) {
    expect(model.predict(hourly(values), horizon)).toBeCloseTo(50 + (season[(119 + horizon) % 6] ?? 0), 4);
  }
});

it('goes on with a trend, and with a season on it', () => {
  const line = Array.from({ length: 200 }, (_, row) => 10 + 2 * row);
  expect(ets.fit(hourly(line), contextOf([])).predict(hourly(line), 1)).toBeCloseTo(410, 0);
  const values = daily(240, 0);
  const next = daily(241, 0)[240] ?? 0;
  expect(
    Math.abs((ets.fit(hourly(values), contextOf([24])).predict(hourly(values), 1) ?? 0) - next),
  ).toBeLessThan(0.1);
});

it('takes simple smoothing with a small α on noise around a level', () => {
  const normal = normalFrom(3);
  const values = Array.from({ length: 400 }, () => 100 + normal());
  const model = ets.fit(hourly(values), contextOf([]));
  expect(model.hyperparameters).toMatchObject({ seasons: 0 });
  expect(model.hyperparameters.alpha).toBeLessThan(0.15);
  expect(Math.abs((model.predict(hourly(values), 1) ?? 0) - 100)).toBeLessThan(0.5);
});

it('keeps its season in phase where rows are missing', () => {
  const all = hourly(daily(240, 0));
  const kept = all.values.map((_, row) => row).filter((row) => row < 150 || row > 160);
  const series = {
    times: kept.map((row) => all.times[row] ?? 0),
    values: kept.map((row) => all.values[row] ?? 0),
  };
  const forecast = ets.fit(series, contextOf([24])).predict(series, 1) ?? 0;
  expect(Math.abs(forecast - (daily(241, 0)[240] ?? 0))).toBeLessThan(3);
});
