import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Adapter } from '../adapters/adapter.ts';
import { adaptersNamed } from '../adapters/all.ts';
import { SILENT } from '../testing/test-neuron.ts';
import { StreamModel } from './stream-model.ts';

const adapters = adaptersNamed(['naive', 'starter']);
const options = {
  adapters,
  resources: { memoryBytes: 1e9, cores: 2 },
  historyRows: 1_000,
  logger: SILENT,
};
const rows = fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 1, maxLength: 60 });

function seriesOf(values: readonly number[]) {
  return { times: values.map((_, row) => row), values };
}

/** The better adapter by walking forward from the beginning, each forecast from the rows before its target. */
function expectedChoice(values: readonly number[]) {
  const errors = adapters.map((adapter) => {
    let total = 0;
    for (let row = 1; row < values.length; row += 1) {
      const before = seriesOf(values.slice(0, row));
      total += Math.abs((adapter.fit(before).predict(before, 1)?.value ?? Number.NaN) - (values[row] ?? 0));
    }
    return total;
  });
  const [naive = 0, starter = 0] = errors;
  const best = adapters[starter < naive ? 1 : 0];
  const series = seriesOf(values);
  return { adapter: best?.name, forecast: best?.fit(series).predict(series, 1) };
}

it('lets the adapter with the smaller error so far speak, naive where neither is better', () => {
  fc.assert(
    fc.property(rows, (values) => {
      expect(new StreamModel(seriesOf(values), options).predict(1)).toEqual(expectedChoice(values));
    }),
  );
});

it('says the same whether rows came one by one or were there before it', () => {
  fc.assert(
    fc.property(rows, fc.nat(), (values, cut) => {
      const known = cut % (values.length + 1);
      const model = new StreamModel(seriesOf(values.slice(0, known)), options);
      for (const [row, value] of values.entries()) if (row >= known) model.observe(row, value);
      expect(model.predict(1)).toEqual(new StreamModel(seriesOf(values), options).predict(1));
    }),
  );
});

it('says nothing about an empty stream', () => {
  expect(new StreamModel(seriesOf([]), options).predict(1)).toBeUndefined();
});

it('leaves out an adapter that fails or says nonsense, and goes on with the others', () => {
  const failing: Adapter = {
    name: 'starter',
    version: 1,
    canRun: () => true,
    fit: () => ({
      predict: ({ values }) => {
        if (values.length % 2 === 0) throw new Error('broken');
        return { value: Number.NaN };
      },
      save: () => null,
    }),
    load: () => undefined,
  };
  const model = new StreamModel(seriesOf([]), {
    ...options,
    adapters: [...adaptersNamed(['naive']), failing],
  });
  for (const [row, value] of [5, 6, 7].entries()) {
    model.observe(row, value);
    expect(model.predict(1)).toEqual({ adapter: 'naive', forecast: { value } });
  }
});
