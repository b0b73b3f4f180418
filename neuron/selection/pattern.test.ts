import { expect, it } from 'vitest';
import { daily, hourly, normalFrom, randomWalk } from '../testing/test-series.ts';
import { patternOf } from './pattern.ts';

it('finds cadence and season', () => {
  expect(patternOf(hourly(daily(500, 3)))).toEqual({ cadenceMs: 3_600_000, regular: true, seasons: [24] });
});

it('finds a season that no calendar knows, and one that is nested in it', () => {
  const normal = normalFrom(4);
  const shape = Array.from({ length: 60 }, () => 1.5 * normal());
  const values = Array.from(
    { length: 900 },
    (_, row) => (shape[row % 60] ?? 0) + 6 * Math.sin((2 * Math.PI * row) / 12) + 0.3 * normal(),
  );
  expect(patternOf(hourly(values)).seasons.toSorted((a, b) => a - b)).toEqual([12, 60]);
});

it('finds none in random walks', () => {
  const found = Array.from({ length: 20 }, (_, seed) => patternOf(hourly(randomWalk(600, seed))).seasons);
  expect(found.filter((seasons) => seasons.length > 0).length).toBeLessThanOrEqual(1);
});

it('looks for none where rows come at any time', () => {
  const normal = normalFrom(9);
  const { values } = hourly(daily(500, 1));
  let time = 0;
  const times = values.map(() => {
    time += 60_000 * Math.ceil(60 * Math.abs(normal()) + 1);
    return time;
  });
  expect(patternOf({ times, values })).toMatchObject({ regular: false, seasons: [] });
});

it('knows nothing of an empty series, and little of one row', () => {
  const nothing = { cadenceMs: 0, seasons: [] };
  expect(patternOf({ times: [], values: [] })).toMatchObject(nothing);
  expect(patternOf({ times: [5], values: [1] })).toMatchObject(nothing);
});
