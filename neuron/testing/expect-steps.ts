import { expect } from 'vitest';
import type { Adapter } from '../adapters/adapter.ts';
import { contextOf, hourly } from './test-series.ts';

/** Further forecasts are those of the next row, one after the other. */
export function expectSteps(adapter: Adapter, values: readonly number[]): void {
  const series = hourly(values);
  const model = adapter.fit(series, contextOf([]));
  const path = [...values];
  for (let step = 1; step <= 3; step += 1) {
    const next = model.predict(hourly(path), 1) ?? Number.NaN;
    expect(model.predict(series, step)).toBeCloseTo(next, 9);
    path.push(next);
  }
}
