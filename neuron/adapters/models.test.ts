import { beforeAll, describe, expect, it } from 'vitest';
import { contextOf, daily, hourly, withRow } from '../testing/test-series.ts';
import { ar } from './ar.ts';
import { arXgboost } from './ar-xgboost.ts';
import { ets } from './ets.ts';
import { kernelRidge } from './kernel-ridge.ts';
import { mlp } from './mlp.ts';
import { seasonalNaive } from './seasonal-naive.ts';
import { theta } from './theta.ts';
import { xgboost } from './xgboost.ts';

const TRAINED = [seasonalNaive, theta, ets, ar, kernelRidge, mlp, xgboost, arXgboost];

beforeAll(async () => {
  await xgboost.prepare?.();
});

describe.each(TRAINED)('$name', (adapter) => {
  const series = hourly(daily(200, 1));
  const context = contextOf([24]);

  it('is the same after being saved as JSON and loaded, and after rows that both are told of', () => {
    const model = adapter.fit(series, context);
    let known = series;
    for (const value of [120, 90, 101]) {
      known = withRow(known, value);
      model.update?.(known);
    }
    const again = adapter.load(JSON.parse(JSON.stringify(model.save())));
    known = withRow(known, 99);
    model.update?.(known);
    again?.update?.(known);
    for (const horizon of [1, 2, 5]) {
      expect(model.predict(known, horizon)).toBeTypeOf('number');
      expect(again?.predict(known, horizon)).toBe(model.predict(known, horizon));
    }
    expect(again?.hyperparameters).toEqual(model.hyperparameters);
  });

  it('is the same when fitted again to the same', () => {
    // A copy: what was fitted to the very same series is known.
    const [one, two] = [adapter.fit(series, context), adapter.fit({ ...series }, context)];
    expect(one.save()).toEqual(two.save());
  });

  it('refuses what was never saved by it', () => {
    for (const saved of [null, {}, 'text', { period: 0 }]) expect(adapter.load(saved)).toBeUndefined();
  });

  it('says nothing, or a finite number, on constant, tiny and huge values', () => {
    for (const scale of [0, 1e-12, 1e12]) {
      const extreme = hourly(daily(130, 1).map((value) => value * scale));
      const forecast = adapter.fit(extreme, context).predict(extreme, 1) ?? 0;
      expect(Number.isFinite(forecast)).toBe(true);
    }
  });
});
