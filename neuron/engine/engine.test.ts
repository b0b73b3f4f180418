import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { train } from '../selection/train.ts';
import { openStore, type Store } from '../storage/store.ts';
import { storeEvents } from '../sync/store-events.ts';
import { TestLog } from '../testing/test-log.ts';
import { SILENT, temporaryDirectory } from '../testing/test-neuron.ts';
import { ModelFiles } from '../training/model-files.ts';
import { Turns } from '../turns.ts';
import { decimalText } from './decimal-text.ts';
import { Engine, type EngineOptions } from './engine.ts';

const stores: Store[] = [];
const makeStore = () => {
  const store = openStore(temporaryDirectory());
  stores.push(store);
  return store;
};
const makeEngine = (store: Store, more: Partial<EngineOptions> = {}) =>
  new Engine(store, {
    adapters: ['naive', 'starter'],
    levels: [0.1, 0.9],
    horizons: [1],
    historyRows: 80,
    logger: SILENT,
    files: new ModelFiles(temporaryDirectory(), SILENT),
    turns: new Turns(),
    ...more,
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

/** What a neuron predicts that sees the whole log at once, and how well it says it did so far. */
async function predictedAnew(log: TestLog) {
  const store = makeStore();
  const engine = makeEngine(store);
  await engine.round(storeEvents(store, log.events, SILENT), 0);
  return { value: store.predictions.waiting(1)[0]?.value, standing: engine.standing(1) };
}

it('keeps its model in step with any history: the same as one made anew from the store', () => {
  return fc.assert(
    fc
      .asyncProperty(changes, async (list) => {
        const log = new TestLog();
        const store = makeStore();
        const engine = makeEngine(store);
        let made = 0;
        for (const [step, change] of list.entries()) {
          const before = log.events.length;
          apply(log, change, step);
          made = await engine.round(storeEvents(store, log.events.slice(before), SILENT), step);
        }
        // Where the newest was retracted, the one before is the base again, and was predicted long ago.
        const value = store.predictions.waiting(1_000).at(-1)?.value;
        if (made === 1) expect({ value, standing: engine.standing(1) }).toEqual(await predictedAnew(log));
      })
      .afterEach(closeStores),
    { numRuns: 60 },
  );
});

it('predicts each base once, in one round for all streams', async () => {
  const log = new TestLog();
  const store = makeStore();
  const engine = makeEngine(store);
  for (const name of ['a', 'b', 'c']) log.publish(name, 1, '1');
  const streams = storeEvents(store, log.events, SILENT);
  expect(await engine.round(streams, 0)).toBe(3);
  expect(await engine.round(streams, 1)).toBe(0);
  expect(store.predictions.countWaiting()).toBe(3);
});

it('predicts every horizon it is told to', async () => {
  const log = new TestLog();
  const store = makeStore();
  for (let row = 1; row <= 60; row += 1) log.publish('a', row, String(2 * row));
  expect(await makeEngine(store, { horizons: [1, 3] }).round(storeEvents(store, log.events, SILENT), 0)).toBe(
    2,
  );
  expect(store.predictions.waiting(9).map(({ horizon, value }) => [horizon, value])).toEqual([
    [1, '122'],
    [3, '126'],
  ]);
});

it('knows the server’s scores: those of before it started, and each as it comes', async () => {
  const log = new TestLog();
  const store = makeStore();
  const before = makeEngine(store);
  const step = async (engine: Engine, at: number) => {
    log.publish('a', at, '1');
    const [stream = 0] = storeEvents(store, log.events.slice(-1), SILENT);
    await engine.round([stream], at);
    return stream;
  };
  const stream = await step(before, 1);
  await step(before, 2);
  const about = { stream, streamUuid: '', serverId: '' };
  store.reports.score({ id: 1, ...about }, { absoluteError: '1', naiveError: '4', scaledError: 1 }, 3);
  const engine = makeEngine(store);
  await step(engine, 3);
  expect(engine.standing(stream)?.liveSkill).toBe(0.75);
  store.reports.score({ id: 2, ...about }, { absoluteError: '3', naiveError: '4', scaledError: 1 }, 4);
  expect(engine.standing(stream)?.liveSkill).toBe(0.75);
  engine.scored(stream);
  expect(engine.standing(stream)?.liveSkill).toBe(0.5);
});

it('keeps what was trained: another engine over the same files goes on with it', async () => {
  const log = new TestLog();
  const store = makeStore();
  const files = new ModelFiles(temporaryDirectory(), SILENT);
  const engine = makeEngine(store, { files });
  for (let row = 1; row <= 60; row += 1) log.publish('a', row, String(row % 7));
  const [stream = 0] = storeEvents(store, log.events, SILENT);
  const options = { adapters: ['naive', 'starter'] as const, resources: { memoryBytes: 1e8, cores: 1 } };
  const training = await train(await engine.series(stream), { ...options, seed: 1, budgetMs: 100 }, null);
  const { model } = training;
  if (!model) throw new Error('nothing was trained');
  await engine.adopt(stream, { ...training, model }, 5);
  const again = makeEngine(store, { files });
  expect([again.stable(stream), again.trainedAt(stream)]).toEqual([model, 5]);
});

it('predicts again from the same base what was predicted before the first training, once', async () => {
  const log = new TestLog();
  const store = makeStore();
  const heard: number[] = [];
  const engine = makeEngine(store, {
    adapters: ['naive', 'seasonal-naive', 'ensemble'],
    horizons: [1, 2],
    onFirstModel: (stream) => heard.push(stream),
  });
  for (let row = 1; row <= 60; row += 1) log.publish('a', row * 1_000, String((row % 7) ** 2));
  const [stream = 0] = storeEvents(store, log.events, SILENT);
  expect(await engine.round([stream], 10)).toBe(2);
  const options = {
    ...{ adapters: ['naive', 'seasonal-naive', 'ensemble'] as const, horizons: [1, 2], levels: [0.1, 0.9] },
    ...{ resources: { memoryBytes: 1e8, cores: 1 }, seed: 1, budgetMs: 1_000 },
  };
  const training = await train(await engine.series(stream), options, null);
  const { model } = training;
  if (!model) throw new Error('nothing was trained');
  await engine.adopt(stream, { ...training, model }, 20);
  expect(heard).toEqual([stream]);
  expect(await engine.round([stream], 21)).toBe(2);
  const values = store.reports.recent(stream, 9).map(({ horizon, value }) => [horizon, value]);
  // 60 % 7 is 4: what follows is 25 and 36.
  expect(values.slice(0, 2)).toEqual([
    [2, '36'],
    [1, '25'],
  ]);
  expect(await engine.round([stream], 22)).toBe(0);
  // A later model speaks for what comes, and changes nothing that was said.
  await engine.adopt(stream, { ...training, model: { ...model, generation: 2 } }, 30);
  expect(heard).toEqual([stream]);
  expect(await engine.round([stream], 31)).toBe(0);
  log.publish('a', 61_000, '25');
  storeEvents(store, log.events.slice(-1), SILENT);
  expect(await engine.round([stream], 32)).toBe(2);
});

it('leaves a prediction as it is that was made by a trained model, or that training would not change', async () => {
  const log = new TestLog();
  const store = makeStore();
  const engine = makeEngine(store, { adapters: ['naive'] });
  for (let row = 1; row <= 60; row += 1) log.publish('a', row * 1_000, String(row % 7));
  const [stream = 0] = storeEvents(store, log.events, SILENT);
  expect(await engine.round([stream], 10)).toBe(1);
  const options = { adapters: ['naive'] as const, resources: { memoryBytes: 1e8, cores: 1 } };
  const training = await train(await engine.series(stream), { ...options, seed: 1, budgetMs: 100 }, null);
  if (!training.model) throw new Error('nothing was trained');
  await engine.adopt(stream, { ...training, model: training.model }, 20);
  expect(await engine.round([stream], 21)).toBe(0);
});

it('gives the event loop back while 40 streams are predicted at once', async () => {
  const log = new TestLog();
  const store = makeStore();
  for (let stream = 0; stream < 40; stream += 1) log.publish(`s${stream}`, 1, '1');
  // A clock by which each stream takes 1 ms or so: it is looked at once or twice a stream.
  let now = 0;
  const clock = () => (now += 1);
  const streams = storeEvents(store, log.events, SILENT);
  let turns = 0;
  let done = false;
  const count = () => {
    turns += 1;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  expect(await makeEngine(store, { turns: new Turns(clock) }).round(streams, 0)).toBe(40);
  done = true;
  expect(turns).toBeGreaterThanOrEqual(7);
  expect(store.predictions.countWaiting()).toBe(40);
});

it('writes forecasts as decimals that can be stored', () => {
  expect(decimalText(0.1)).toBe('0.1');
  expect(decimalText(-1e21)).toBe('-1000000000000000000000');
  expect(decimalText(1.5e-25 / 7)).toMatch(/^0\.0{25}2142\d$/);
  expect(decimalText(-1e-40)).toBe('0');
  expect(decimalText(1e36)).toBeUndefined();
  expect(decimalText(Number.NaN)).toBeUndefined();
});
