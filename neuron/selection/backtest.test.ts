import { expect, it } from 'vitest';
import { daily, hourly, randomWalk } from '../testing/test-series.ts';
import { LIGHT, OPTIONS } from '../testing/train-options.ts';
import { type BacktestOptions, backtest, scoreOf } from './backtest.ts';

const options: BacktestOptions = { ...OPTIONS, last: 24, warmup: 12, refit: 12, horizon: 1 };

it('can not look ahead: scrambling the future changes no earlier forecast', async () => {
  const all: BacktestOptions = { ...options, adapters: [...LIGHT, 'mlp', 'xgboost'] };
  const values = daily(200, 2);
  const known = await backtest(hourly(values), all);
  expect(known.map(({ row }) => row)).toEqual(Array.from({ length: 24 }, (_, row) => 176 + row));
  // The first row that a training leaves out, and one between two trainings.
  for (const cut of [188, 193]) {
    const future = values.map((value, row) => (row < cut ? value : 1_000 - 3 * value * (row % 5)));
    const forecasts = await backtest(hourly(future), all);
    // The forecast of the first scrambled row is still made from the rows before it alone.
    expect(forecasts.filter(({ row }) => row <= cut)).toEqual(known.filter(({ row }) => row <= cut));
    expect(forecasts.at(-1)?.value).not.toBe(known.at(-1)?.value);
  }
});

it('forecasts further ahead from rows that are further back', async () => {
  const values = daily(200, 0.5);
  const ahead = await backtest(hourly(values), { ...options, horizon: 3 });
  expect(ahead.map(({ row }) => row)).toEqual(Array.from({ length: 24 }, (_, row) => 176 + row));
  const changed = values.map((value, row) => (row < 196 ? value : value + 500));
  const other = await backtest(hourly(changed), { ...options, horizon: 3 });
  expect(other.filter(({ row }) => row <= 198)).toEqual(ahead.filter(({ row }) => row <= 198));
  expect(scoreOf(hourly(values), ahead, 3).skill).toBeGreaterThan(0.5);
});

it('beats naive where there is something to learn, and is naive where there is not', async () => {
  const learnt = scoreOf(hourly(daily(300, 1)), await backtest(hourly(daily(300, 1)), options), 1);
  expect(learnt.skill).toBeGreaterThan(0.5);
  expect(learnt).toMatchObject({ n: 24, adapter: 'ensemble' });
  const walks = await Promise.all(
    [1, 2, 3, 4, 5].map(async (seed) => {
      const series = hourly(randomWalk(300, seed));
      return scoreOf(series, await backtest(series, options), 1).skill ?? 0;
    }),
  );
  expect(walks.toSorted((a, b) => a - b)[2]).toBe(0);
  expect(Math.min(...walks)).toBeGreaterThan(-0.1);
});

it('scores by the errors of the forecasts, as anyone would by hand', () => {
  const series = hourly([1, 2, 4, 7, 11]);
  const forecast = (row: number, value: number, low: number, high: number) => ({
    row,
    value,
    low,
    high,
    adapter: 'ar',
  });
  const score = scoreOf(series, [forecast(3, 6, 5, 8), forecast(4, 11, 12, 13)], 1);
  expect(score).toEqual({
    n: 2,
    mae: 0.5,
    naiveMae: 3.5,
    skill: 1 - 0.5 / 3.5,
    mase: 0.5 / 1.5,
    coverage80: 0.5,
    adapter: 'ar',
  });
});
