import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

it('gives one slice in a turn of the event loop, to all who share it in order', async () => {
  let now = 0;
  const turns = new Turns(() => now);
  let turn = 0;
  const worked: string[] = [];
  const work = async (name: string, pieces: number) => {
    for (let piece = 0; piece < pieces; piece += 1) {
      await turns.next();
      worked.push(`${name}${turn}`);
      now += 5;
    }
  };
  const both = Promise.all([work('a', 4), work('b', 3)]);
  for (; worked.length < 7; turn += 1) await nextTurn();
  await both;
  expect(worked.map((slice) => slice[0])).toEqual(['a', 'b', 'a', 'b', 'a', 'b', 'a']);
  expect(new Set(worked).size).toBe(7);
});

it('asks nobody to wait while the slice lasts', () => {
  let now = 0;
  const turns = new Turns(() => now);
  now = 4;
  expect(turns.next()).toBeUndefined();
  now = 5;
  expect(turns.next()).toBeInstanceOf(Promise);
});
