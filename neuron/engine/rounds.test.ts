import { expect, it } from 'vitest';
import { SILENT, until } from '../testing/test-neuron.ts';
import { Rounds } from './rounds.ts';

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

it('finishes the round at hand when it is stopped', async () => {
  const rounds: number[][] = [];
  const scheduler = makeRounds((streams) => rounds.push(streams));
  scheduler.release();
  scheduler.touch([3]);
  await scheduler.stop();
  expect(rounds).toEqual([[3]]);
});
