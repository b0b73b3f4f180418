import { beforeAll, expect, it } from 'vitest';
import { walk } from '../selection/walk.ts';
import { expectSteps } from '../testing/expect-steps.ts';
import { contextOf, hourly, normalFrom } from '../testing/test-series.ts';
import { ar } from './ar.ts';
import { arXgboost } from './ar-xgboost.ts';
import { meanAbsolute } from './error-record.ts';
import { xgboost } from './xgboost.ts';

beforeAll(async () => {
  await xgboost.prepare?.();
});

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
