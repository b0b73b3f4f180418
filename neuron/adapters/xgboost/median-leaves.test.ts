import { beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../../../schema/seeded-random.ts';
import { walk } from '../../selection/walk.ts';
import { contextOf, hourly } from '../../testing/test-series.ts';
import { meanAbsolute } from '../error-record.ts';
import { xgboost } from '../xgboost.ts';
import { leafOf } from './forest.ts';
import { type BoosterClass, loadXgboost, matrixOf, type Table } from './library.ts';
import { readForest } from './library-model.ts';
import { withMedianLeaves } from './median-leaves.ts';

let library: BoosterClass;

beforeAll(async () => {
  library = await loadXgboost();
  await xgboost.prepare?.();
});

function tableOf(rows: readonly (readonly number[])[], targets: readonly number[]): Table {
  return {
    features: Float32Array.from(rows.flat()),
    columns: rows[0]?.length ?? 0,
    targets: Float32Array.from(targets),
  };
}

describe('median leaves', () => {
  it('are learned from a table as from rows', () => {
    const random = randomFrom(4);
    const rows = Array.from({ length: 120 }, () => [random(), random(), random()]);
    const targets = rows.map(([a = 0, b = 0]) => a * b);
    const [one, two] = [rows, matrixOf(tableOf(rows, targets))].map((features) => {
      const booster = new library({ objective: 'reg:linear', iterations: 5, max_depth: 3, seed: 1 });
      booster.train(features, targets);
      const { model } = booster.toJSON();
      booster.free();
      return model;
    });
    expect(one).toEqual(two);
  });

  it('add the shrunken median of what the trees before left over', () => {
    const random = randomFrom(1);
    const rows = Array.from({ length: 200 }, () => [random(), random()].map(Math.fround));
    const targets = rows.map(([a = 0]) => (a > 0.5 ? 3 : 0) + random() ** 8 * 50);
    const [eta, lambda] = [0.3, 2];
    const booster = new library({
      ...{ objective: 'reg:linear', base_score: 0, iterations: 4, max_depth: 2, seed: 1 },
      ...{ eta, lambda },
    });
    booster.train(rows, targets);
    const grown = Uint8Array.from(booster.toJSON().model);
    booster.free();
    const table = tableOf(rows, targets);
    const forest = withMedianLeaves(readForest(grown), { table, eta, lambda });
    expect(forest.roots).toHaveLength(4);
    const rest = [...targets];
    for (const root of forest.roots) {
      const leaves = rows.map((row) => leafOf(forest, root, Float32Array.from(row)));
      const before = [...rest];
      for (const [row, leaf] of leaves.entries()) {
        const there = before.filter((_, other) => leaves[other] === leaf).toSorted((a, b) => a - b);
        const half = there.length / 2;
        const median = ((there[Math.ceil(half) - 1] ?? 0) + (there[Math.floor(half)] ?? 0)) / 2;
        const added = forest.values[leaf] ?? 0;
        expect(added).toBeCloseTo((eta * median * there.length) / (there.length + lambda), 4);
        rest[row] = (rest[row] ?? 0) - added;
      }
    }
  });

  it('leave the splits and everything else as they were', () => {
    const rows = Array.from({ length: 50 }, (_, row) => [row]);
    const booster = new library({ objective: 'reg:linear', base_score: 0, iterations: 2, max_depth: 3 });
    booster.train(
      rows,
      rows.map(([row = 0]) => row ** 2),
    );
    const grown = Uint8Array.from(booster.toJSON().model);
    booster.free();
    const before = readForest(grown);
    const ones = rows.map(() => 1);
    const after = withMedianLeaves(before, { table: tableOf(rows, ones), eta: 1, lambda: 0 });
    const splits = ({ values, left }: typeof before) => values.filter((_, node) => left[node] !== 0);
    expect(splits(after)).toEqual(splits(before));
    expect(after.values).not.toEqual(before.values);
    expect({ ...after, values: [] }).toEqual({ ...before, values: [] });
  });

  it('keep the trees near what is between rare spikes', () => {
    const random = randomFrom(2);
    const values = Array.from({ length: 700 }, () => 0.1 * random() + (random() < 0.06 ? 90 * random() : 0));
    const { errors } = walk(xgboost, hourly(values), 500, contextOf([]));
    const calm = errors.filter((_, row) => Math.max(...values.slice(499 + row, 501 + row)) < 0.2);
    expect(calm.length).toBeGreaterThan(150);
    // By means it is about the share of the spikes times their height.
    expect(meanAbsolute(calm)).toBeLessThan(0.5);
  });
});
