import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { LIBRARY_MB } from '../adapters/xgboost/library.ts';
import type { SavedModel } from '../selection/saved-model.ts';
import { SILENT, until } from '../testing/test-neuron.ts';
import { Turns } from '../turns.ts';
import type { TrainingOutcome, TrainingTask } from './messages.ts';
import { TrainingFailed } from './pool.ts';
import { Trainer } from './trainer.ts';
import { shareOut } from './trainer-of.ts';

const MODEL: SavedModel = {
  format: 1,
  rows: 50,
  from: 0,
  through: 49,
  pattern: { cadenceMs: 1, regular: true, seasons: [] },
  members: [],
  skipped: [],
  errors: {},
  ahead: [],
  generation: 1,
};

/** A pool whose trainings end when the test says how. */
class HandPool {
  readonly threads = 2;
  readonly tasks: TrainingTask[] = [];
  readonly #ends: ((outcome: 'done' | 'keep' | TrainingFailed) => void)[] = [];

  train(task: TrainingTask): Promise<TrainingOutcome> {
    this.tasks.push(task);
    return new Promise((resolve, reject) => {
      this.#ends.push((outcome) => {
        if (outcome instanceof TrainingFailed) return reject(outcome);
        const report = { rows: 50, fresh: null, tookMs: 1, adapters: [], skipped: [] };
        const decision = outcome === 'done' ? ('replace' as const) : outcome;
        const training = { decision, reason: 'test', model: MODEL, report };
        return resolve({ protocol: 1, training, heapBytes: 0 });
      });
    });
  }

  end(outcome: 'done' | 'keep' | TrainingFailed): void {
    this.#ends.shift()?.(outcome);
  }

  async stop(): Promise<void> {
    while (this.#ends.length > 0) this.end(new TrainingFailed('stopped', 'stopped'));
  }
}

let trainer: Trainer;
afterEach(async () => {
  await trainer.stop();
  vi.useRealTimers();
});

function setUp(rows: (stream: number) => number, intervalMs = 600_000) {
  const pool = new HandPool();
  const adopted: number[] = [];
  const clock = { now: 1_000_000, reads: 0 };
  trainer = new Trainer({
    trainees: {
      // A stream is known by its values: whose turn it is.
      series: async (stream) => ({ times: [0], values: [stream] }),
      rows: (stream, after) => ({ all: rows(stream), newer: Number.isFinite(after) ? 0 : rows(stream) }),
      stable: (stream) => (adopted.includes(stream) ? MODEL : null),
      trainedAt: () => undefined,
      standing: () => undefined,
      adopt: async (stream) => void adopted.push(stream),
    },
    pool,
    turns: new Turns(),
    ...{ adapters: ['naive'], horizons: [1], levels: [] },
    intervalMs,
    memoryBytes: 160e6,
    mostWithTrees: 4,
    timeoutMs: 60_000,
    logger: SILENT,
    now: () => {
      clock.reads += 1;
      return clock.now;
    },
    random: () => 0,
  });
  return { pool, adopted, clock, turns: () => pool.tasks.map((task) => task.series.values[0]) };
}

it('trains as many at a time as there are threads, the longest of the untrained first, none twice', async () => {
  const { pool, adopted, turns } = setUp((stream) => [10, 40, 60, 50][stream] ?? 0);
  trainer.observed([0, 1, 2, 3]);
  trainer.release();
  await until(() => pool.tasks.length === 2, 'two trainings');
  expect(turns()).toEqual([2, 3]);
  expect(trainer.summary()).toMatchObject({ running: 2, threads: 2 });
  pool.end('done');
  await until(() => pool.tasks.length === 3, 'a third');
  pool.end('done');
  pool.end('done');
  await until(() => trainer.summary().completed === 3, 'all done');
  // Ten rows are too few, and nothing is new for the others.
  expect(adopted.toSorted()).toEqual([1, 2, 3]);
  expect(turns()).toEqual([2, 3, 1]);
  expect(trainer.state(0).state).toBe('idle');
});

it('asks for light models where there are more streams than trees have room for', async () => {
  const { pool } = setUp(() => 50);
  trainer.observed([1, 2, 3, 4, 5]);
  trainer.release();
  await until(() => pool.tasks.length === 2, 'two trainings');
  expect(pool.tasks.map(({ options }) => options.resources.memoryBytes)).toEqual([64e6, 64e6]);
});

it('shares the memory out: program, models, and threads with the library beside their heap', () => {
  const all = shareOut(512, 2, ['naive', 'xgboost']);
  expect(all).toEqual({ memoryBytes: 160 * 2 ** 20, heapMb: 128, mostWithTrees: 106 });
  expect(96 + 96 + 2 * (all.heapMb + LIBRARY_MB)).toBeLessThanOrEqual(512);
  expect(shareOut(512, 2, ['naive', 'ar']).heapMb).toBe(160);
  expect(shareOut(128, 2, ['naive', 'xgboost'])).toMatchObject({ memoryBytes: 32 * 2 ** 20, heapMb: 32 });
});

it('leaves a stream alone until it has new rows, also where the last training kept the old model', async () => {
  const { pool } = setUp(() => 50, 0);
  trainer.observed([1]);
  trainer.release();
  await until(() => pool.tasks.length === 1, 'a training');
  pool.end('keep');
  await until(() => trainer.summary().completed === 1, 'its end');
  expect(trainer.state(1)).toMatchObject({ state: 'idle', newRows: 0 });
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  expect(pool.tasks).toHaveLength(1);
});

it('trains nothing while it is held, as it is at first', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { pool } = setUp(() => 50);
  trainer.observed([1]);
  expect([trainer.state(1).state, vi.getTimerCount()]).toEqual(['queued', 0]);
  trainer.release();
  await vi.advanceTimersByTimeAsync(10);
  expect(pool.tasks).toHaveLength(1);
  trainer.hold();
  pool.end('done');
  await vi.advanceTimersByTimeAsync(10);
  trainer.observed([2]);
  expect([trainer.summary().completed, vi.getTimerCount()]).toEqual([1, 0]);
});

it('rests until something is due, and looks again within a minute', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { pool, clock } = setUp(() => 50);
  trainer.observed([1]);
  trainer.release();
  await vi.advanceTimersByTimeAsync(10);
  pool.end(new TrainingFailed('memory', 'too much'));
  await vi.advanceTimersByTimeAsync(10);
  expect(trainer.summary()).toMatchObject({ running: 0, failed: 1 });
  // Tried again after 2.5 s, as soon as that is so and no sooner.
  clock.reads = 0;
  await vi.advanceTimersByTimeAsync(2_480);
  expect([clock.reads, pool.tasks.length]).toEqual([0, 1]);
  clock.now += 2_500;
  await vi.advanceTimersByTimeAsync(20);
  expect(pool.tasks).toHaveLength(2);
  pool.end('keep');
  await vi.advanceTimersByTimeAsync(10);
  expect(trainer.summary()).toMatchObject({ running: 0, completed: 1 });
  clock.reads = 0;
  await vi.advanceTimersByTimeAsync(59_980);
  expect(clock.reads).toBe(0);
  await vi.advanceTimersByTimeAsync(20);
  expect(clock.reads).toBe(1);
  trainer.hold();
  expect(vi.getTimerCount()).toBe(0);
});

it('leaves a stream alone after a failure, longer each time, and asks for less', async () => {
  const { pool, clock } = setUp(() => 50);
  trainer.observed([1]);
  trainer.release();
  await until(() => pool.tasks.length === 1, 'a training');
  pool.end(new TrainingFailed('memory', 'too much'));
  await until(() => trainer.state(1).state === 'failed', 'a failure');
  expect(trainer.state(1)).toMatchObject({ failures: 1, lastTrouble: 'too much', dueAt: clock.now + 2_500 });
  clock.now += 2_500;
  trainer.observed([1]);
  await until(() => pool.tasks.length === 2, 'another');
  const [first, second] = pool.tasks.map(({ options }) => options);
  expect(second?.budgetMs).toBe((first?.budgetMs ?? 0) / 2);
  expect(second?.resources.memoryBytes).toBe(80e6);
  pool.end(new TrainingFailed('timeout', 'too long'));
  await until(() => trainer.state(1).failures === 2, 'another failure');
  expect(trainer.state(1).dueAt).toBe(clock.now + 5_000);
  expect(trainer.summary()).toMatchObject({ failed: 2, completed: 0 });
});
