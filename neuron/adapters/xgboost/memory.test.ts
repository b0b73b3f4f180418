import { expect, it } from 'vitest';
import { contextOf, daily, hourly } from '../../testing/test-series.ts';
import { xgboost } from '../xgboost.ts';
import { LIBRARY_MB } from './library.ts';

interface Memory {
  readonly buffer: ArrayBuffer;
}

/** The memories of the WebAssembly that is instantiated from now on. */
function watchMemories(): ReadonlySet<Memory> {
  const webAssembly: object = Reflect.get(globalThis, 'WebAssembly');
  const kind: new () => Memory = Reflect.get(webAssembly, 'Memory');
  const instantiate: (bytes: unknown, imports: Record<string, object>) => Promise<object> = Reflect.get(
    webAssembly,
    'instantiate',
  );
  const found = new Set<Memory>();
  Reflect.set(webAssembly, 'instantiate', (bytes: unknown, imports: Record<string, object>) => {
    for (const given of Object.values(imports).flatMap((part) => Object.values(part))) {
      if (given instanceof kind) found.add(given);
    }
    return instantiate.call(webAssembly, bytes, imports);
  });
  return found;
}

it('never takes more memory outside of the heap than the bound counts with', async () => {
  const memories = watchMemories();
  await xgboost.prepare?.();
  const largest = { rounds: 60, max_depth: 6, eta: 0.05, min_child_weight: 1, subsample: 1 };
  const hyperparameters = { ...largest, colsample_bytree: 1, lambda: 0.3, clip: 12 };
  for (let fit = 0; fit < 2; fit += 1) {
    xgboost.fit(hourly(daily(10_000, 3)), contextOf([24, 168], { hyperparameters }));
  }
  const [bytes = 0, ...more] = [...memories].map(({ buffer }) => buffer.byteLength);
  expect(more).toEqual([]);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(LIBRARY_MB * 2 ** 20);
});
