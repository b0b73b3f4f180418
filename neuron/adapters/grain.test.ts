import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hourly, normalFrom } from '../testing/test-series.ts';
import { adapterNamed } from './all.ts';
import { Combiner } from './combiner.ts';
import { grainOf, movedBy, roundTo, usefulGrain } from './grain.ts';

const changesOf = (values: readonly number[]) =>
  values.slice(1).map((value, row) => (values[row] ?? 0) - value);

it('finds the step that decimals come in, though binary can only approach them', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0.001, 0.05, 0.1, 0.25, 1, 5, 1_000),
      fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 1, maxLength: 100 }),
      (step, counts) => {
        const digits = step < 1 ? 3 : 0;
        // A change of one step has to be there: what is never seen can't be known.
        const values = [...counts, 0, 1].map((count) => Number((count * step).toFixed(digits)));
        expect(grainOf(changesOf(values)) / step).toBeCloseTo(1, 6);
      },
    ),
  );
});

it('finds none where values are anything, or never move', () => {
  const normal = normalFrom(1);
  expect(grainOf(Array.from({ length: 50 }, normal))).toBe(0);
  expect(grainOf([0, 0, 0])).toBe(0);
  expect(grainOf([1e-7, 1, 2, 3])).toBe(0);
  expect(grainOf([])).toBe(0);
});

it('moves by whole grains, to what can be written down', () => {
  expect(movedBy(0.1, 0.1, 0.22)).toBe(0.3);
  expect(movedBy(0.1, 38.1, -0.04)).toBe(38.1);
  expect(movedBy(0, 1, 0.123)).toBe(1.123);
  expect(movedBy(1, 2 ** 53 - 3, 1.6)).toBe(2 ** 53 - 1);
  expect(roundTo(0.5, 0.8)).toBe(1);
});

it('is useful where errors are no larger than a few grains, and only there', () => {
  const normal = normalFrom(2);
  const useful = (size: number) => {
    const actual = Array.from({ length: 385 }, () => Math.round(6 * normal()));
    // As far off as rounding to a grain makes it, and by noise.
    const errors = actual.slice(1).map(() => {
      const expected = 6 * normal();
      return expected - Math.round(expected + size * normal());
    });
    return usefulGrain(changesOf(actual), errors);
  };
  expect(useful(0.2)).toBe(1);
  expect(useful(30)).toBe(0);
  expect(usefulGrain([1, 2, 1], [0.4, 0.3, 0.2])).toBe(0);
});

it('makes forecasts of what can occur, by errors that are those of what was said', () => {
  const normal = normalFrom(3);
  const noisy = Array.from(
    { length: 300 },
    (_, row) => 20 + 8 * Math.sin((2 * Math.PI * row) / 24) + 0.3 * normal(),
  );
  const values = noisy.map(Math.round);
  const smooth = (row: number) => 20 + 8 * Math.sin((2 * Math.PI * row) / 24);
  const model = {
    hyperparameters: {},
    predict: ({ values: known }: { readonly values: readonly number[] }) => smooth(known.length),
    save: () => null,
  };
  const pool = { members: [{ adapter: adapterNamed('ar'), model }], errors: {}, mode: 'average' as const };
  const ensemble = adapterNamed('ensemble').fit(hourly([]), {
    ...{ pattern: { cadenceMs: 3_600_000, regular: true, seasons: [] }, seed: 1, budgetMs: 1, pool },
  });
  const rows: { said: number; actual: number }[] = [];
  for (let row = 1; row < values.length; row += 1) {
    const said = ensemble.predict(hourly(values.slice(0, row)), 1) ?? Number.NaN;
    rows.push({ said, actual: values[row] ?? Number.NaN });
    ensemble.update?.(hourly(values.slice(0, row + 1)));
  }
  const newest = rows.slice(-100);
  expect(newest.every(({ said }) => Number.isInteger(said))).toBe(true);
  expect(newest.filter(({ said, actual }) => said === actual).length).toBeGreaterThan(60);
  // What the combiner takes for its errors are the errors of what was said.
  const naive = changesOf(values);
  const ar = values.slice(1).map((value, row) => smooth(row + 1) - value);
  const { errors } = new Combiner(['ar'], { naive, ar }, 'average');
  for (const [row, { said, actual }] of newest.entries()) {
    expect(errors[errors.length - 100 + row]).toBeCloseTo(said - actual, 9);
  }
});
