import { expect, it } from 'vitest';
import { again, RateLimiter } from './rate-limiter.ts';

const HOUR = 3_600_000;

it('grants what a minute holds, and then at its pace', () => {
  let now = 0;
  const limiter = new RateLimiter(() => now);
  expect(limiter.take('a', 4, 10)).toEqual({ granted: 4, retryMs: 0 });
  expect(limiter.take('a', 8, 10)).toEqual({ granted: 6, retryMs: 6_000 });
  expect(limiter.take('b', 10, 10).granted).toBe(10);
  now = 5_999;
  expect(limiter.take('a', 1, 10)).toEqual({ granted: 0, retryMs: expect.closeTo(1, 6) });
  now = 6_001;
  expect(limiter.take('a', 2, 10).granted).toBe(1);
  // No more than a minute's worth is ever saved.
  now = HOUR;
  expect(limiter.take('a', 20, 10).granted).toBe(10);
});

it('takes nothing back where the clock is set back', () => {
  let now = HOUR;
  const limiter = new RateLimiter(() => now);
  expect(limiter.take('a', 4, 10).granted).toBe(4);
  now = 0;
  expect(limiter.take('a', 8, 10).granted).toBe(6);
  now = 6_000;
  expect(limiter.take('a', 8, 10).granted).toBe(1);
});

it('grants nothing by a limit of nothing, and says when to try again in whole seconds', () => {
  const limiter = new RateLimiter(() => 0);
  expect(limiter.take('a', 1, 0)).toEqual({ granted: 0, retryMs: 60_000 });
  expect([0, 1, 1_000, 1_001].map((retryMs) => again({ granted: 0, retryMs }))).toEqual(
    [1, 1, 1, 2].map((seconds) => `try again in ${seconds} s`),
  );
});
