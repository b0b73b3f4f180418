import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../../../schema/seeded-random.ts';
import { contextOf, daily, hourly } from '../../testing/test-series.ts';
import { xgboost } from '../xgboost.ts';
import { type Forest, packed, sumOf, unpacked } from './forest.ts';
import { bounded, mutated, RANGES, START } from './hyperparameters.ts';
import { type BoosterClass, loadXgboost } from './library.ts';
import { readForest } from './library-model.ts';

let library: BoosterClass;

beforeAll(async () => {
  library = await loadXgboost();
  await xgboost.prepare?.();
});

const STUMP: Forest = {
  base: 0,
  roots: Uint32Array.of(0),
  values: Float32Array.of(0.5, -1, 1),
  features: Uint16Array.of(0, 0, 0),
  left: Uint16Array.of(1, 0, 0),
  right: Uint16Array.of(2, 0, 0),
};

describe('the trees', () => {
  it('say the same as the library, to the last bit', () => {
    const random = randomFrom(1);
    const rows = Array.from({ length: 300 }, () => Array.from({ length: 6 }, () => random() * 4 - 2));
    const targets = rows.map(([a = 0, b = 0, c = 0]) => a * b + Math.sin(3 * c) + random());
    const booster = new library({ objective: 'reg:linear', iterations: 25, max_depth: 5, eta: 0.2, seed: 3 });
    booster.train(rows, targets);
    const forest = readForest(Uint8Array.from(booster.toJSON().model));
    const expected = booster.predict(rows);
    booster.free();
    const again = unpacked(packed(forest));
    for (const trees of [forest, again]) {
      expect(rows.map((row) => trees && sumOf(trees, Float32Array.from(row)))).toEqual(expected);
    }
    expect(again).toEqual(forest);
    expect(new Set(expected).size).toBeGreaterThan(100);
  });

  it('refuse what is no model', () => {
    expect(() => readForest(new Uint8Array(10))).toThrow(RangeError);
    expect(unpacked(new Uint8Array(10))).toBeUndefined();
    const endless = { ...STUMP, left: Uint16Array.of(1, 1, 0), right: Uint16Array.of(2, 2, 0) };
    const astray = { ...STUMP, right: Uint16Array.of(3, 0, 0) };
    expect(unpacked(packed(STUMP))).toEqual(STUMP);
    expect([endless, astray].map((trees) => unpacked(packed(trees)))).toEqual([undefined, undefined]);
  });
});

describe('the hyperparameters', () => {
  it('stay within their ranges, however often they mutate, and depend on the seed alone', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0 }), { minLength: 1, maxLength: 30 }), (seeds) => {
        let hyperparameters = START;
        for (const seed of seeds) {
          const before = hyperparameters;
          hyperparameters = mutated(before, seed);
          expect(hyperparameters).toEqual(mutated(before, seed));
        }
        for (const [name, { from, to }] of Object.entries(RANGES)) {
          expect(hyperparameters[name]).toBeGreaterThanOrEqual(from);
          expect(hyperparameters[name]).toBeLessThanOrEqual(to);
        }
      }),
    );
  });

  it('are taken from what is given, bounded, and kept with the model', () => {
    expect(bounded({ max_depth: 99, eta: Number.NaN })).toMatchObject({
      max_depth: 6,
      eta: 0.02,
      rounds: 200,
    });
    const series = hourly(daily(200, 1));
    const model = xgboost.fit(series, contextOf([24], { hyperparameters: { max_depth: 2 } }));
    expect(model.hyperparameters).toEqual(bounded({ max_depth: 2 }));
  });
});

describe('xgboost', () => {
  it('learns a season that naive does not know', () => {
    const known = hourly(daily(600, 0.5));
    const model = xgboost.fit(known, contextOf([24]));
    const all = daily(601, 0.5);
    const naive = Math.abs((all[599] ?? 0) - (all[600] ?? 0));
    expect(Math.abs((model.predict(known, 1) ?? 0) - (all[600] ?? 0))).toBeLessThan(naive / 2);
  });

  it('makes itself smaller to stay within its budget', () => {
    const series = hourly(daily(400, 1));
    const size = (budgetMs: number) =>
      JSON.stringify(xgboost.fit(series, contextOf([24], { budgetMs })).save()).length;
    expect(size(1)).toBeLessThan(size(60_000) / 2);
  });

  it('gives the memory of its fits back', () => {
    const series = hourly(daily(400, 1));
    const fits = (count: number) => {
      const context = contextOf([24], { hyperparameters: { rounds: 60 } });
      for (let n = 0; n < count; n += 1) xgboost.fit(series, context);
      return process.memoryUsage().rss;
    };
    const before = fits(5);
    expect(fits(25) - before).toBeLessThan(48e6);
  });

  it('does not listen to uncaught exceptions of the process, nor hide how WebAssembly is compiled', () => {
    const listeners = process.listeners('uncaughtException').map(String);
    expect(listeners.filter((listener) => listener.includes('ExitStatus'))).toEqual([]);
    expect(Reflect.has(Reflect.get(globalThis, 'WebAssembly'), 'instantiateStreaming')).toBe(true);
  });
});
