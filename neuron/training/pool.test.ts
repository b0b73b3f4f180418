import { afterEach, expect, it } from 'vitest';
import { TRAINING_PROTOCOL, type TrainingTask } from './messages.ts';
import { TrainingPool } from './pool.ts';

let pool: TrainingPool;
afterEach(() => pool.stop());

const task = (seed: number): TrainingTask => ({
  protocol: TRAINING_PROTOCOL,
  series: {
    times: Array.from({ length: 60 }, (_, row) => row * 1_000),
    values: Array.from({ length: 60 }, (_, row) => Math.sin(row)),
  },
  options: { adapters: ['naive', 'starter'], resources: { memoryBytes: 1e8, cores: 1 }, seed, budgetMs: 100 },
  stable: null,
});
const MISBEHAVING = new URL('../testing/misbehaving-worker.ts', import.meta.url);

it('trains on a thread of its own', async () => {
  pool = new TrainingPool({ threads: 1, heapMb: 128, timeoutMs: 20_000 });
  const { training } = await pool.train(task(0));
  expect(training.model).toMatchObject({ rows: 60, generation: 1, through: 59_000 });
});

it('refuses a message of another build', async () => {
  pool = new TrainingPool({ threads: 1, heapMb: 128, timeoutMs: 20_000 });
  const other = { ...task(0), protocol: 0 as typeof TRAINING_PROTOCOL };
  await expect(pool.train(other)).rejects.toThrow(/speaks protocol 1, the neuron 0/);
});

it('says so at once when its threads cannot start', async () => {
  const worker = new URL('./there-is-no-such-worker.ts', import.meta.url);
  pool = new TrainingPool({ threads: 1, heapMb: 128, timeoutMs: 19_000, worker });
  await expect(pool.train(task(0))).rejects.toMatchObject({ trouble: 'crash' });
});

it('cuts off what takes too long, too much or fails, says which, and goes on', async () => {
  pool = new TrainingPool({ threads: 1, heapMb: 24, timeoutMs: 1_500, worker: MISBEHAVING });
  await expect(pool.train(task(1))).rejects.toMatchObject({ trouble: 'timeout' });
  await expect(pool.train(task(3))).rejects.toMatchObject({ trouble: 'crash', message: 'broken on purpose' });
  await expect(pool.train(task(4))).rejects.toMatchObject({ trouble: 'crash' });
  await pool.stop();
  pool = new TrainingPool({ threads: 1, heapMb: 24, timeoutMs: 20_000, worker: MISBEHAVING });
  await expect(pool.train(task(2))).rejects.toMatchObject({ trouble: 'memory' });
});

it('trains nothing once it is stopped, whoever still asks', async () => {
  pool = new TrainingPool({ threads: 1, heapMb: 128, timeoutMs: 20_000 });
  const running = pool.train(task(0));
  await Promise.all([pool.stop(), expect(running).rejects.toMatchObject({ trouble: 'stopped' })]);
  await expect(pool.train(task(0))).rejects.toMatchObject({ trouble: 'stopped' });
});
