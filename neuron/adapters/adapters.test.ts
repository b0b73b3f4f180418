import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextOf, daily, hourly } from '../testing/test-series.ts';
import { ADAPTER_NAMES } from './adapter.ts';
import { adaptersNamed } from './all.ts';
import { naive } from './naive.ts';
import { starter } from './starter.ts';

const values = fc.array(
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((value) => value / 100),
  { maxLength: 60 },
);
const horizons = fc.integer({ min: 1, max: 5 });

const CONTEXT = { pattern: { cadenceMs: 1_000, regular: true, seasons: [2] }, seed: 1, budgetMs: 1_000 };

function seriesOf(rows: readonly number[]) {
  return { times: rows.map((_, row) => row * 1_000), values: rows };
}

/** Least squares by the normal equations, as a textbook has it. */
function line(rows: readonly number[], at: number): number {
  const n = rows.length;
  const sum = (of: (value: number, row: number) => number) =>
    rows.reduce((total, value, row) => total + of(value, row), 0);
  const x = sum((_, row) => row);
  const y = sum((value) => value);
  const slope = (n * sum((value, row) => value * row) - x * y) / (n * sum((_, row) => row * row) - x * x);
  return (y - slope * x) / n + slope * at;
}

function expectedStarter(rows: readonly number[], horizon: number): number | undefined {
  const [last, before] = [rows[rows.length - 1], rows[rows.length - 2]];
  if (last === undefined) return undefined;
  if (before === undefined) return last;
  return rows.length < 5 ? (last + before) / 2 : line(rows, rows.length - 1 + horizon);
}

describe('naive', () => {
  it('says the last value again', () => {
    fc.assert(
      fc.property(values, horizons, (rows, horizon) => {
        const series = seriesOf(rows);
        expect(naive.fit(series, CONTEXT).predict(series, horizon)).toBe(rows.at(-1));
      }),
    );
  });
});

describe('starter', () => {
  it('gives the value, the mean of two or the line through all, by the number of rows', () => {
    fc.assert(
      fc.property(values, horizons, (rows, horizon) => {
        const series = seriesOf(rows);
        const forecast = starter.fit(series, CONTEXT).predict(series, horizon);
        const expected = expectedStarter(rows, horizon);
        if (expected === undefined) expect(forecast).toBeUndefined();
        else expect(Math.abs((forecast ?? Number.NaN) - expected)).toBeLessThan(1e-5);
      }),
    );
  });

  it('goes on with a straight line exactly', () => {
    const series = seriesOf([1, 3, 5, 7, 9]);
    expect(starter.fit(series, CONTEXT).predict(series, 1)).toBeCloseTo(11, 12);
  });

  it('is not led astray by a large level', () => {
    const series = seriesOf([0, 1, 2, 3, 4, 5].map((row) => 1e12 + row));
    expect(starter.fit(series, CONTEXT).predict(series, 1)).toBeCloseTo(1e12 + 6, 3);
  });
});

const METHODS = adaptersNamed(ADAPTER_NAMES).filter(({ name }) => name !== 'ensemble');

it.each(METHODS)('$name says the same in whatever unit values are', async (adapter) => {
  await adapter.prepare?.();
  const said = (unit: number): number => {
    const series = hourly(daily(240, 2).map((value) => value * unit));
    return (adapter.fit(series, contextOf([24])).predict(series, 1) ?? Number.NaN) / unit;
  };
  const usual = said(1);
  // Powers of two scale every double exactly; what takes logarithms rounds otherwise.
  for (const unit of [2 ** -60, 2 ** 60]) expect(said(unit)).toBeCloseTo(usual, 6);
});

it('gives back models from what they saved', () => {
  for (const adapter of adaptersNamed(['naive', 'starter'])) {
    const series = seriesOf([3, 1, 4, 1, 5, 9]);
    const model = adapter.fit(series, CONTEXT);
    const again = adapter.load(JSON.parse(JSON.stringify(model.save())));
    expect(again?.predict(series, 1)).toEqual(model.predict(series, 1));
  }
});

it('lists the allowed ones lightest first', () => {
  expect(adaptersNamed(['starter', 'naive']).map((adapter) => adapter.name)).toEqual(['naive', 'starter']);
  expect(adaptersNamed(['starter']).map((adapter) => adapter.name)).toEqual(['starter']);
});
