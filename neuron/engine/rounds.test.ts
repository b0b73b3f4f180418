import { afterEach, expect, it, vi } from 'vitest';
import { SILENT, until } from '../testing/test-neuron.ts';
import { Rounds } from './rounds.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function makeRounds(run: (streams: number[]) => void): Rounds {
  const backoff = { firstMs: 1, maxMs: 2 };
  return new Rounds({
    windowMs: 1,
    backoff,
    logger: SILENT,
    run: async (streams) => run([...streams].sort()),
  });
}

it('makes one round of everything that was touched while it was held', async () => {
  const rounds: number[][] = [];
  const scheduler = makeRounds((streams) => rounds.push(streams));
  scheduler.touch([1]);
  scheduler.touch([2, 1]);
  await scheduler.stop();
  expect(rounds).toEqual([]);
  scheduler.release();
  await until(() => rounds.length > 0, 'a round');
  expect(rounds).toEqual([[1, 2]]);
});

it('brings the same streams again when a round failed', async () => {
  const rounds: number[][] = [];
  const scheduler = makeRounds((streams) => {
    rounds.push(streams);
    if (rounds.length < 3) throw new Error('disk full');
  });
  scheduler.release();
  scheduler.touch([1, 2]);
  await until(() => rounds.length === 3, 'three attempts');
  expect(rounds).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
});

it('is as patient after a round that went well as if none had ever failed', async () => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(1);
  const at: number[] = [];
  const fails = [true, true, true, false, true, false];
  const began = Date.now();
  const scheduler = makeRounds(() => {
    at.push(Date.now() - began);
    if (fails[at.length - 1]) throw new Error('disk full');
  });
  scheduler.release();
  scheduler.touch([1]);
  await vi.advanceTimersByTimeAsync(50);
  scheduler.touch([1]);
  await vi.advanceTimersByTimeAsync(50);
  // Pauses of 1, 2 and 2 ms, which is the longest; then of 1 again.
  expect(at).toEqual([1, 2, 4, 6, 51, 52]);
  await scheduler.stop();
});

it('finishes the round at hand when it is stopped', async () => {
  const rounds: number[][] = [];
  const scheduler = makeRounds((streams) => rounds.push(streams));
  scheduler.release();
  scheduler.touch([3]);
  await scheduler.stop();
  expect(rounds).toEqual([[3]]);
});
