import { expect, it } from 'vitest';
import { ar } from '../adapters/ar.ts';
import { contextOf, daily, hourly } from '../testing/test-series.ts';
import { walk } from './walk.ts';

it('walks without ever showing a model the row it is to forecast', () => {
  const series = hourly(daily(100, 1));
  const seen: number[] = [];
  const spying = {
    ...ar,
    fit: () => ({
      hyperparameters: {},
      predict: (known: { values: readonly number[] }) => {
        seen.push(known.values.length);
        return known.values.at(-1);
      },
      save: () => null,
    }),
  };
  const { errors } = walk(spying, series, 90, contextOf([]));
  expect(seen).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
  expect(errors).toEqual(
    Array.from(seen, (row) => (series.values[row - 1] ?? 0) - (series.values[row] ?? 0)),
  );
});
