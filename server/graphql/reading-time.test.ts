import { beforeEach, expect, it } from 'vitest';
import { ReadingTime } from './reading-time.ts';

let clock: number;
let time: ReadingTime;
beforeEach(() => {
  clock = 0;
  time = new ReadingTime(1_000, () => clock);
});
const reads = (ms: number) => () => {
  clock += ms;
  return ms;
};

it('lets an address read for so long, refuses it then, and gives it a tenth of what passes', () => {
  for (let n = 0; n < 10; n += 1) expect(time.take('a', reads(110))).toBe(110);
  expect(() => time.take('a', reads(1))).toThrow(
    expect.objectContaining({ code: 'LIMITED', message: expect.stringMatching(/of the 1000 ms it may/) }),
  );
  expect(time.take('b', reads(1))).toBe(1);
  clock += 1_100;
  expect(time.take('a', reads(100))).toBe(100);
  clock += 100_000;
  for (let n = 0; n < 10; n += 1) expect(time.take('a', reads(100))).toBe(100);
});

it('counts what is refused, too, and nobody without an address', () => {
  const fails = () => {
    clock += 2_000;
    throw new Error('no operation');
  };
  expect(() => time.take('a', fails)).toThrow('no operation');
  expect(() => time.take('a', reads(1))).toThrow(/try again in/);
  for (let n = 0; n < 10; n += 1) expect(time.take(undefined, reads(500))).toBe(500);
});

it('keeps nobody out for long because the process stood still while it read', () => {
  time.take('a', reads(3_600_000));
  expect(() => time.take('a', reads(1))).toThrow(/try again in 1 s/);
  clock += 1_000;
  expect(time.take('a', reads(1))).toBe(1);
});

it('remembers so many addresses, those that read last', () => {
  time.take('a', reads(1_000));
  for (let n = 1; n < 10_000; n += 1) time.take(`other ${n}`, reads(0));
  expect(() => time.take('a', reads(1))).toThrow(/try again in/);
  time.take('one more', reads(0));
  expect(time.take('a', reads(1))).toBe(1);
});
