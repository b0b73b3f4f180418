import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { openStore, type Store } from '../storage/store.ts';
import { storeEvents } from '../sync/store-events.ts';
import { TestLog } from '../testing/test-log.ts';
import { SILENT, temporaryDirectory } from '../testing/test-neuron.ts';
import { decimalText } from './decimal-text.ts';
import { Engine } from './engine.ts';

const stores: Store[] = [];
const makeStore = () => {
  const store = openStore(temporaryDirectory());
  stores.push(store);
  return store;
};
const makeEngine = (store: Store) =>
  new Engine(store, {
    adapters: ['naive', 'starter'],
    levels: [0.1, 0.9],
    historyRows: 50,
    logger: SILENT,
  });

const closeStores = () => {
  for (const store of stores.splice(0)) store.close();
};

afterEach(closeStores);

type Change = { kind: 'publish' | 'late' | 'correct' | 'retract'; pick: number; value: number };
const changes = fc.array(
  fc.record<Change>({
    kind: fc.constantFrom('publish', 'publish', 'publish', 'late', 'correct', 'retract'),
    pick: fc.nat(),
    value: fc.integer({ min: -99, max: 99 }),
  }),
  { maxLength: 40 },
);

function apply(log: TestLog, { kind, pick, value }: Change, step: number): void {
  const standing = log.present();
  const old = standing[pick % Math.max(standing.length, 1)];
  if (kind === 'publish' || !old) log.publish('a', 1_000 * (step + 1), String(value));
  else if (kind === 'late') log.publish('a', 1_000 * (pick % (step + 1)) + step + 1, String(value));
  else if (kind === 'correct') log.correct(old, String(value));
  else log.retract(old);
}

/** What a neuron predicts that sees the whole log at once. */
function predictedAnew(log: TestLog): string | undefined {
  const store = makeStore();
  makeEngine(store).round(storeEvents(store, log.events, SILENT), 0);
  return store.predictions.waiting(1)[0]?.value;
}

it('keeps its model in step with any history: the same as one made anew from the store', () => {
  fc.assert(
    fc
      .property(changes, (list) => {
        const log = new TestLog();
        const store = makeStore();
        const engine = makeEngine(store);
        let made = 0;
        for (const [step, change] of list.entries()) {
          const before = log.events.length;
          apply(log, change, step);
          made = engine.round(storeEvents(store, log.events.slice(before), SILENT), step);
        }
        // Where the newest was retracted, the one before is the base again, and was predicted long ago.
        if (made === 1) expect(store.predictions.waiting(1_000).at(-1)?.value).toBe(predictedAnew(log));
      })
      .afterEach(closeStores),
    { numRuns: 60 },
  );
});

it('predicts each base once, in one round for all streams', () => {
  const log = new TestLog();
  const store = makeStore();
  const engine = makeEngine(store);
  for (const name of ['a', 'b', 'c']) log.publish(name, 1, '1');
  const streams = storeEvents(store, log.events, SILENT);
  expect(engine.round(streams, 0)).toBe(3);
  expect(engine.round(streams, 1)).toBe(0);
  expect(store.predictions.countWaiting()).toBe(3);
});

it('writes forecasts as decimals that can be stored', () => {
  expect(decimalText(0.1)).toBe('0.1');
  expect(decimalText(-1e21)).toBe('-1000000000000000000000');
  expect(decimalText(1.5e-25 / 7)).toMatch(/^0\.0{25}2142\d$/);
  expect(decimalText(-1e-40)).toBe('0');
  expect(decimalText(1e36)).toBeUndefined();
  expect(decimalText(Number.NaN)).toBeUndefined();
});
