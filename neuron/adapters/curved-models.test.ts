import { describe, expect, it } from 'vitest';
import { walk } from '../selection/walk.ts';
import { expectSteps } from '../testing/expect-steps.ts';
import { contextOf, hourly, normalFrom, withRow } from '../testing/test-series.ts';
import { ar } from './ar.ts';
import { meanAbsolute } from './error-record.ts';
import { kernelRidge } from './kernel-ridge.ts';
import { mlp } from './mlp.ts';

/** Two slopes, one up and one down, and noise: neither a line nor steps. */
function bent(rows: number): number[] {
  const normal = normalFrom(7);
  const all = [0.3];
  while (all.length < rows) all.push(1 - 1.7 * Math.abs(all.at(-1) ?? 0) + 0.02 * normal());
  return all;
}

describe.each([kernelRidge, mlp])('$name', (adapter) => {
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

it('refuses perceptrons of which a network is not one of theirs', () => {
  const saved = JSON.parse(JSON.stringify(mlp.fit(hourly(bent(200)), contextOf([])).save()));
  expect(mlp.load(saved)).toBeDefined();
  expect(mlp.load({ ...saved, networks: [saved.networks[0].slice(8)] })).toBeUndefined();
  const broken = Buffer.from(saved.networks[0], 'base64').fill(0xff, 0, 4).toString('base64');
  expect(mlp.load({ ...saved, networks: [broken] })).toBeUndefined();
});
