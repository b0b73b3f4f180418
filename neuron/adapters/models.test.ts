import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { walk } from '../selection/walk.ts';
import { contextOf, daily, hourly, normalFrom } from '../testing/test-series.ts';
import type { Adapter, Series } from './adapter.ts';
import { adapterNamed } from './all.ts';
import { ar } from './ar.ts';
import { arXgboost } from './ar-xgboost.ts';
import { Ensemble } from './ensemble.ts';
import { meanAbsolute } from './error-record.ts';
import { ets } from './ets.ts';
import { kernelRidge } from './kernel-ridge.ts';
import { mlp } from './mlp.ts';
import { seasonalNaive } from './seasonal-naive.ts';
import { Slots } from './slots.ts';
import { theta } from './theta.ts';
import { xgboost } from './xgboost.ts';

const TRAINED = [seasonalNaive, theta, ets, ar, kernelRidge, mlp, xgboost, arXgboost];

beforeAll(async () => {
  await xgboost.prepare?.();
});

function withRow({ times, values }: Series, value: number): Series {
  return { times: [...times, (times.at(-1) ?? 0) + 3_600_000], values: [...values, value] };
}

/** Further forecasts are those of the next row, one after the other. */
function expectSteps(adapter: Adapter, values: readonly number[]): void {
  const series = hourly(values);
  const model = adapter.fit(series, contextOf([]));
  const path = [...values];
  for (let step = 1; step <= 3; step += 1) {
    const next = model.predict(hourly(path), 1) ?? Number.NaN;
    expect(model.predict(series, step)).toBeCloseTo(next, 9);
    path.push(next);
  }
}

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

describe('the ensemble', () => {
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
});

describe('seasonal naive', () => {
  it('says what was a season before the target', () => {
    const series = hourly(Array.from({ length: 60 }, (_, row) => row));
    const model = seasonalNaive.fit(series, contextOf([24]));
    expect([1, 2, 24, 25].map((horizon) => model.predict(series, horizon))).toEqual([36, 37, 59, 36]);
  });
});

describe('exponential smoothing', () => {
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
});

describe('theta', () => {
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
});

describe('autoregression', () => {
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
      expect(
        Math.abs((model.predict(hourly(values), horizon) ?? 0) - (next[399 + horizon] ?? 0)),
      ).toBeLessThan(0.5);
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
});

describe('trees on an autoregression', () => {
  /** Changes follow the last three in a line, which trees only approach, and the level in a step, which no line is. */
  const values = (rows: number) => {
    const normal = normalFrom(3);
    const all = [0, 0, 0, 0];
    while (all.length < rows) {
      const [fourth = 0, third = 0, second = 0, last = 0] = all.slice(-4);
      const line = 0.5 * (last - second) - 0.5 * (second - third) + 0.4 * (third - fourth);
      all.push(last + line + (last > 0 ? -1.5 : 1.5) + 0.5 * normal());
    }
    return all;
  };

  it('err less than either part alone, on rows that none was fitted to', () => {
    const series = hourly(values(700));
    const [line = 0, trees = 0, both = 0] = [ar, xgboost, arXgboost].map((adapter) =>
      meanAbsolute(walk(adapter, series, 600, contextOf([])).errors),
    );
    expect(both).toBeLessThan(Math.min(line, trees));
  });

  it('go several steps by taking their forecasts for rows', () => {
    expectSteps(arXgboost, values(400));
  });

  it('are nothing without the autoregression that they were fitted to', () => {
    const saved = JSON.parse(JSON.stringify(arXgboost.fit(hourly(values(200)), contextOf([])).save()));
    expect(arXgboost.load(saved)).toBeDefined();
    expect(arXgboost.load({ ...saved, linear: undefined })).toBeUndefined();
  });
});

/** Two slopes, one up and one down, and noise: neither a line nor steps. */
function bent(rows: number): number[] {
  const normal = normalFrom(7);
  const all = [0.3];
  while (all.length < rows) all.push(1 - 1.7 * Math.abs(all.at(-1) ?? 0) + 0.02 * normal());
  return all;
}

describe.each([kernelRidge, mlp])('$name where things bend', (adapter) => {
  it('errs less than lines do, on rows that none was fitted to', () => {
    const series = hourly(bent(900));
    const [line = 0, error = 0] = [ar, adapter].map((tried) =>
      meanAbsolute(walk(tried, series, 800, contextOf([])).errors),
    );
    expect(error).toBeLessThan(0.3 * line);
  });

  it('goes several steps by taking its forecasts for rows', () => {
    expectSteps(adapter, bent(300));
  });

  it('says no more than six typical changes, whatever comes', () => {
    const series = hourly(bent(300));
    const model = adapter.fit(series, contextOf([]));
    const changes = series.values.slice(1).map((value, row) => Math.abs(value - (series.values[row] ?? 0)));
    const typical = meanAbsolute(changes);
    for (const jump of [-1e9, -50, 50, 1e9]) {
      const last = (series.values.at(-1) ?? 0) + jump;
      const forecast = model.predict(withRow(series, last), 1) ?? Number.NaN;
      expect(Math.abs(forecast - last)).toBeLessThanOrEqual(6 * typical + 1e-6);
    }
  });
});

describe('perceptrons', () => {
  it('are refused where a network is not one of theirs', () => {
    const saved = JSON.parse(JSON.stringify(mlp.fit(hourly(bent(200)), contextOf([])).save()));
    expect(mlp.load(saved)).toBeDefined();
    expect(mlp.load({ ...saved, networks: [saved.networks[0].slice(8)] })).toBeUndefined();
    const broken = Buffer.from(saved.networks[0], 'base64').fill(0xff, 0, 4).toString('base64');
    expect(mlp.load({ ...saved, networks: [broken] })).toBeUndefined();
  });
});

describe('slots', () => {
  it('find the last row at least so many steps back, as a search through all rows does', () => {
    const gaps = fc.array(fc.constantFrom(1, 1, 1, 1, 1, 1, 2, 5), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 30 }), (steps, back) => {
        const at = [0];
        for (const step of steps) at.push((at.at(-1) ?? 0) + step);
        const pattern = { cadenceMs: 1_000, regular: true, seasons: [] };
        const slots = new Slots(
          at.map((slot) => slot * 1_000),
          pattern,
          1,
        );
        const all = [...at, (at.at(-1) ?? 0) + 1];
        for (const [row, slot] of all.entries()) {
          const expected = all.slice(0, row).findLastIndex((other) => other <= slot - back);
          expect(slots.back(row, back)).toBe(Math.max(expected, 0));
        }
      }),
    );
  });
});
