import { afterEach, expect, it, vi } from 'vitest';
import { followsChain } from '../../schema/hash-chain.ts';
import { storeEvents } from '../sync/store-events.ts';
import { TestLog } from '../testing/test-log.ts';
import { SILENT, temporaryDirectory } from '../testing/test-neuron.ts';
import { Retention } from './retention.ts';
import { openStore, type Store } from './store.ts';

const DAY = 86_400_000;
const T0 = Date.UTC(2026, 0, 1);
let store: Store;
afterEach(() => store.close());

function filled(): void {
  const log = new TestLog();
  for (let row = 0; row < 3_000; row += 1) log.publish('a', T0 + (row * DAY) / 100, `${row}`);
  const late = log.events[5]?.observation;
  if (late) log.correct(late, '7');
  for (let row = 0; row < 5; row += 1) log.publish('rare', T0 + row * DAY, `${row}`);
  store = openStore(temporaryDirectory());
  storeEvents(store, log.events, SILENT);
  const about = {
    stream: 1,
    baseAt: 0,
    baseValue: '1',
    horizon: 1,
    value: '1',
    quantiles: [],
    adapter: 'naive',
  };
  store.predictions.put([
    { ...about, baseHash: 'x', madeAt: T0 },
    { ...about, baseHash: 'y', madeAt: T0 },
    { ...about, baseHash: 'z', madeAt: T0 + 29 * DAY },
  ]);
  const answered = store.predictions.waiting(9).filter(({ baseHash }) => baseHash !== 'x');
  store.predictions.answer(
    answered.map(({ id }) => ({ prediction: id, answer: 'ACCEPTED', message: null, serverId: null })),
    0,
  );
}

const retention = (days: number) =>
  new Retention({ store, days, keepRows: 10, vacuum: true, logger: SILENT, now: () => T0 + 30 * DAY });

it('deletes the beginning of each chain that is old, and leaves the newest rows whatever their age', async () => {
  filled();
  const sizeBefore = store.size().bytes;
  expect(await retention(10).run()).toEqual({ observations: 2_000, predictions: 1 });
  const stream = store.streams.list()[0];
  const links = store.observations.links(1, 0, 5_000);
  expect(links).toHaveLength(1_001);
  let hash = stream?.anchorHash ?? '';
  for (const link of links) {
    expect(followsChain(hash, link)).toBe(true);
    hash = link.hash;
  }
  expect(store.observations.links(2, 0, 10)).toHaveLength(5);
  expect(store.streams.counts().observations).toBe(1_006);
  expect(store.predictions.countWaiting()).toBe(1);
  expect(store.size().freeBytes).toBe(0);
  expect(store.size().bytes).toBeLessThan(sizeBefore);
  expect(await retention(10).run()).toEqual({ observations: 0, predictions: 0 });
});

it('keeps everything where nothing is old', async () => {
  filled();
  expect(await retention(365).run()).toEqual({ observations: 0, predictions: 0 });
});

it('begins when it is started, and ends between two slices when it is stopped', async () => {
  filled();
  const left = () => store.streams.counts().observations;
  retention(0).start();
  expect(left()).toBe(3_006);
  const cutOff = retention(10);
  cutOff.start();
  await cutOff.stop();
  expect([left(), store.predictions.countWaiting()]).toEqual([2_756, 1]);
  const whole = retention(10);
  whole.start();
  await vi.waitUntil(() => store.size().freeBytes === 0 && left() === 1_006);
  await whole.stop();
});
