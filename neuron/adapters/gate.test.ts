import { expect, it } from 'vitest';
import { normalFrom } from '../testing/test-series.ts';
import { gateOf } from './gate.ts';

/** Naive's errors in bursts: every 64 rows a few that are 40 times as large as the others. */
function bursts(rows: number, seed: number) {
  const normal = normalFrom(seed);
  const scale = (row: number) => (row % 64 < 3 ? 40 : 1);
  const naive = Array.from({ length: rows }, (_, row) => scale(row) * normal());
  const sizes = naive.map((_, row) => scale(row));
  return { naive, sizes, normal, scale };
}

it('sees a gain in the calm rows that bursts hide', () => {
  const opened = Array.from({ length: 40 }, (_, seed) => {
    const { naive, sizes, normal, scale } = bursts(384, seed);
    // As large as naive's in bursts, a fifth smaller between them.
    const combined = naive.map((error, row) => (scale(row) > 1 ? 0.95 * error + 12 * normal() : 0.8 * error));
    const ones = naive.map(() => 1);
    return {
      scaled: gateOf({ combined, naive, sizes }) > 0,
      plain: gateOf({ combined, naive, sizes: ones }) > 0,
    };
  });
  const share = (which: 'scaled' | 'plain') => opened.filter((row) => row[which]).length / opened.length;
  expect(share('plain')).toBeLessThan(0.2);
  // Only where what is gained in sum is positive, too.
  expect(share('scaled')).toBeGreaterThan(0.4);
});

it('never opens for a loss, however often it is right', () => {
  const { naive, sizes } = bursts(384, 1);
  const combined = naive.map((error, row) => (row % 64 < 3 ? 1.5 * error : 0.8 * error));
  expect(gateOf({ combined, naive, sizes })).toBe(0);
});

it.each([
  [384, 100],
  [768, 75],
])('opens over %i rows of bursts by chance in less than one in %i', (rows, tries) => {
  const open = Array.from({ length: 300 }, (_, seed) => {
    const { naive, sizes, normal, scale } = bursts(rows, seed);
    const combined = naive.map((error, row) => error + 0.2 * scale(row) * normal());
    return gateOf({ combined, naive, sizes }) > 0;
  });
  expect(open.filter(Boolean).length).toBeLessThanOrEqual(300 / tries);
});

it('believes a gain that goes on, where half as long a record would not do', () => {
  const opened = (rows: number) =>
    Array.from({ length: 100 }, (_, seed) => {
      const normal = normalFrom(seed);
      const naive = Array.from({ length: rows }, normal);
      const combined = naive.map((error) => 0.97 * error + 0.12 * normal());
      return gateOf({ combined, naive, sizes: naive.map(() => 1) }) > 0;
    }).filter(Boolean).length;
  expect(opened(384)).toBeLessThan(85);
  expect(opened(768)).toBeGreaterThan(95);
});

it('takes the factor with the least error', () => {
  const normal = normalFrom(4);
  const naive = Array.from({ length: 384 }, normal);
  const sizes = naive.map(() => 1);
  // Twice too far: half of the way is exact.
  const combined = naive.map((error) => -error);
  expect(gateOf({ combined, naive, sizes })).toBe(0.5);
  expect(gateOf({ combined: combined.slice(0, 7), naive: naive.slice(0, 7), sizes })).toBe(0);
});

it('goes as far as errs least once any step is proven, and nowhere before', () => {
  // Three rows are right half-way and prove the shorter ways; those that are right at the full way are too few to prove it.
  const of = (right: number) => {
    const rare = [...Array(right).fill(0), ...Array(3).fill(-24)];
    const calm = Array<number>(384 - rare.length).fill(1);
    const naive = [...rare.map(() => 30), ...calm];
    return { combined: [...rare, ...calm], naive, sizes: naive.map(() => 1) };
  };
  expect(gateOf(of(7))).toBe(1);
  expect(gateOf(of(5))).toBe(0);
});
