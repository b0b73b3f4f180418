import { expect, it } from 'vitest';
import type { AdapterName } from '../adapters/adapter.ts';
import { daily, hourly, normalFrom, randomWalk } from '../testing/test-series.ts';
import { OPTIONS } from '../testing/train-options.ts';
import { backtest, scoreOf } from './backtest.ts';
import { OnlineModel } from './online-model.ts';
import type { SavedModel } from './saved-model.ts';
import { train } from './train.ts';
import { firstRows } from './walk.ts';

const NAIVE = { ...OPTIONS, adapters: ['naive'] as readonly AdapterName[] };
const LEARNING: readonly AdapterName[] = ['naive', 'seasonal-naive', 'theta', 'ensemble'];

/** Around a level that it always comes back to: no further away after nine steps than after one. */
function aroundLevel(rows: number): number[] {
  const normal = normalFrom(5);
  return Array.from({ length: rows }, () => 100 + normal());
}

/** Share of the newest 300 rows within the interval of 80 %. */
async function coverage(values: readonly number[], horizon: number, adapters = NAIVE.adapters) {
  const series = hourly(values);
  const options = { ...NAIVE, adapters, last: 300, warmup: 48, refit: 24, horizon };
  return scoreOf(series, await backtest(series, options), horizon).coverage80;
}

it.each([
  { what: 'that go nowhere', values: aroundLevel(700), adapters: NAIVE.adapters },
  { what: 'that wander', values: randomWalk(700, 3), adapters: NAIVE.adapters },
  { what: 'with a season', values: daily(700, 2), adapters: LEARNING },
])('has intervals further ahead that hold four of five values $what', async ({ values, adapters }) => {
  // By √9, nearly all of the first would lie within.
  expect(Math.abs((await coverage(values, 9, adapters)) - 0.8)).toBeLessThan(0.1);
});

it('goes on from what was said before, and begins anew for a horizon that is new', async () => {
  const values = daily(400, 2);
  const options = { ...NAIVE, adapters: LEARNING, horizons: [1, 4] };
  const said = (model: SavedModel | null) =>
    model?.ahead.map(({ horizon, forecasts, offsets }) => [horizon, forecasts.length, offsets.length]);
  const first = (await train(hourly(values.slice(0, 300)), options, null)).model;
  expect(said(first)).toEqual([[4, 100, 2]]);
  const second = (await train(hourly(values.slice(0, 330)), options, first)).model;
  expect(said(second)).toEqual([[4, 130, 2]]);
  expect(second?.ahead[0]?.forecasts.slice(0, 100)).toEqual(first?.ahead[0]?.forecasts);
  const other = await train(hourly(values.slice(0, 360)), { ...options, horizons: [2, 4] }, second);
  expect(said(other.model)).toEqual([
    [2, 120, 2],
    [4, 120, 2],
  ]);
  expect(other.decision).not.toBe('keep');
  expect(said((await train(hourly(values), NAIVE, null)).model)).toEqual([]);
});

it('says what the neuron would have said: the same forecasts as a model that is handed row after row', async () => {
  const series = hourly(daily(340, 2));
  const options = { ...NAIVE, adapters: LEARNING, horizons: [4] };
  const first = (await train(firstRows(series, 300), options, null)).model;
  const online = OnlineModel.of(firstRows(series, 300), first, options);
  const live: (number | undefined)[] = [];
  for (let row = 300; row < 340; row += 1) {
    online.predict(1);
    live.push(online.predict(4)?.forecast.value);
    online.observe(series.times[row] ?? 0, series.values[row] ?? 0);
  }
  const second = (await train(series, options, first)).model;
  expect(second?.ahead[0]?.forecasts.slice(-40)).toEqual(live);
});

it('widens by √horizon where nothing was calibrated, and for other levels than those that were', async () => {
  const series = hourly(aroundLevel(300));
  const { model } = await train(series, { ...NAIVE, horizons: [9] }, null);
  const width = (levels: readonly number[], horizon: number) => {
    const { forecast } = OnlineModel.of(series, model, { ...NAIVE, levels }).predict(horizon) ?? {};
    const [low, high] = forecast?.quantiles ?? [];
    return (high?.value ?? 0) - (low?.value ?? 0);
  };
  expect(width([0.1, 0.9], 4) / width([0.1, 0.9], 1)).toBeCloseTo(2, 6);
  expect(width([0.2, 0.8], 9) / width([0.2, 0.8], 1)).toBeCloseTo(3, 6);
  expect(width([0.1, 0.9], 9) / width([0.1, 0.9], 1)).toBeLessThan(1.5);
});
