import { expect, it } from 'vitest';
import { contextOf, hourly } from '../testing/test-series.ts';
import { seasonalNaive } from './seasonal-naive.ts';

it('says what was a season before the target', () => {
  const series = hourly(Array.from({ length: 60 }, (_, row) => row));
  const model = seasonalNaive.fit(series, contextOf([24]));
  expect([1, 2, 24, 25].map((horizon) => model.predict(series, horizon))).toEqual([36, 37, 59, 36]);
});
