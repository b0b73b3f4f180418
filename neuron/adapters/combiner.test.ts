import fc from 'fast-check';
import { expect, it } from 'vitest';
import { normalFrom } from '../testing/test-series.ts';
import type { AdapterName } from './adapter.ts';
import { Combiner, combine } from './combiner.ts';

/** Errors of naive and of others, each a share of naive's with noise of its own. */
function errorsOf(
  rows: number,
  seed: number,
  shares: Partial<Record<AdapterName, readonly [number, number]>>,
) {
  const normal = normalFrom(seed);
  const naive = Array.from({ length: rows }, normal);
  const others: [string, number[]][] = Object.entries(shares).map(([name, [share, noise]]) => [
    name,
    naive.map((error) => share * error + noise * normal()),
  ]);
  return { naive, ...Object.fromEntries(others) };
}

it('says what naive says where nothing beats it, whatever chance does', () => {
  const open = Array.from({ length: 200 }, (_, seed) => {
    const errors = errorsOf(200, seed, { ar: [1, 0.1], ets: [1, 0.05], theta: [1, 0.2] });
    return new Combiner(['ar', 'ets', 'theta'], errors, 'average').combination.gate > 0;
  });
  expect(open.filter(Boolean).length / open.length).toBeLessThan(0.01);
});

it('lets in what beats naive, and weighs the better more', () => {
  const errors = errorsOf(200, 1, { ar: [0.3, 0.1], ets: [0.6, 0.1], theta: [1.5, 0.1] });
  const { gate, weights } = new Combiner(['ar', 'ets', 'theta'], errors, 'average').combination;
  expect(gate).toBe(1);
  expect(weights.get('ar') ?? 0).toBeGreaterThan(0.85);
  expect(weights.has('theta')).toBe(false);
  expect([...weights.values()].reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
});

it('remembers for as long as it takes: each memory gives a sixth to what beats naive over its rows', () => {
  const naive = Array.from({ length: 192 }, (_, row) => (row % 2 === 0 ? 1 : -1));
  // Half as far off as naive until 48 rows before the end, twice as far since.
  const ar = naive.map((error, row) => error * (row < 144 ? 0.5 : 2));
  const ets = naive.map((error) => error * 1.1);
  const { weights } = new Combiner(['ar', 'ets'], { naive, ar, ets }, 'average').combination;
  // Over 48 and 96 rows it lost, over 192 it won: two sixths stay with naive. The half of the regrets, which remember
  // everything, is its own.
  expect([...weights]).toEqual([['ar', expect.closeTo(1 / 6 + 1 / 2, 12)]]);
});

it('lets only the best speak where averaging is not allowed', () => {
  const errors = errorsOf(200, 1, { ar: [0.3, 0.1], ets: [0.31, 0.1] });
  const { weights } = new Combiner(['ar', 'ets'], errors, 'best').combination;
  expect([...weights.values()].toSorted()).toEqual([0, 1]);
});

it('needs no later row for the error of an earlier one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer(), (cut, seed) => {
      const errors = errorsOf(60, seed, { ar: [0.5, 0.5], ets: [0.8, 0.3] });
      const names: AdapterName[] = ['ar', 'ets'];
      const first = Object.fromEntries(
        Object.entries(errors).map(([name, all]) => [name, all.slice(0, cut)]),
      );
      const whole = new Combiner(names, errors, 'average').errors;
      expect(new Combiner(names, first, 'average').errors).toEqual(whole.slice(0, cut));
    }),
    { numRuns: 30 },
  );
});

it('combines what is there, and leaves the share of what is not to naive', () => {
  const weights = new Map<AdapterName, number>([
    ['ar', 0.75],
    ['ets', 0.25],
  ]);
  expect(combine(weights, new Map([['ar', 14]]), 10)).toBe(13);
});

it('takes a member without a forecast for naive', () => {
  const combiner = new Combiner(['ar'], {}, 'average');
  combiner.push(new Map([['naive', 2]]));
  expect(combiner.record.save()).toEqual({ naive: [2], ar: [2] });
});
