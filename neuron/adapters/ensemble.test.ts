import { expect, it } from 'vitest';
import { contextOf, daily, hourly, normalFrom } from '../testing/test-series.ts';
import { adapterNamed } from './all.ts';
import { Ensemble } from './ensemble.ts';
import { ets } from './ets.ts';
import { theta } from './theta.ts';

it('can be saved and loaded with its members', () => {
  const series = hourly(daily(200, 1));
  const members = [theta, ets].map((adapter) => ({ adapter, model: adapter.fit(series, contextOf([24])) }));
  const errors = {
    naive: [5, -4, 6, 5, 4, 6, 5, 4, 5, 6],
    theta: Array(10).fill(1),
    ets: Array(10).fill(-1),
  };
  const ensemble = adapterNamed('ensemble');
  const model = ensemble.fit(series, contextOf([24], { pool: { members, errors, mode: 'average' } }));
  const again = ensemble.load(JSON.parse(JSON.stringify(model.save())));
  const forecasts = members.map((member) => member.model.predict(series, 1) ?? Number.NaN);
  expect(model.predict(series, 1)).toBeGreaterThan(Math.min(...forecasts));
  expect(model.predict(series, 1)).toBeLessThan(Math.max(...forecasts));
  expect(again?.predict(series, 1)).toBe(model.predict(series, 1));
  expect(() => ensemble.fit(series, contextOf([24]))).toThrow(/pool/);
});

it('takes a member whose forecast is no number for naive, and goes on', () => {
  const series = hourly(daily(30, 1));
  const steady = { hyperparameters: {}, predict: () => 7, save: () => null };
  for (const nothing of [Number.NaN, Number.POSITIVE_INFINITY, undefined]) {
    const members = [
      { adapter: theta, model: steady },
      { adapter: ets, model: { ...steady, predict: () => nothing } },
    ];
    // Both were good so far: each has its say.
    const naive = Array.from({ length: 50 }, normalFrom(1));
    const errors = { naive, theta: naive.map((error) => error / 9), ets: naive.map((error) => error / 10) };
    const model = new Ensemble({ members, errors, mode: 'average' });
    const said = model.predict(series, 1);
    const last = series.values.at(-1) ?? 0;
    expect(said).toBeGreaterThan(7);
    expect(said).toBeLessThan(last);
    model.update(hourly([...series.values, 9]));
    expect(model.errorsOf('ets').at(-1)).toBe(last - 9);
    expect(model.errors.at(-1)).toBeCloseTo((said ?? 0) - 9, 9);
  }
});
