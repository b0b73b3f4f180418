import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Backoff, pause } from './backoff.ts';

it('pauses between nothing and a ceiling that doubles up to its bound', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(100), (random, failures) => {
      const backoff = new Backoff({ firstMs: 100, maxMs: 5_000 }, () => random);
      let last = 0;
      for (let failure = 0; failure <= failures; failure += 1) last = backoff.next();
      expect(last).toBeCloseTo(random * Math.min(5_000, 100 * 2 ** failures), 6);
      backoff.reset();
      expect(backoff.next()).toBeCloseTo(random * 100, 6);
    }),
  );
});

it('ends a pause when it is told to, before or during it', async () => {
  const stop = new AbortController();
  const paused = pause(60_000, stop.signal);
  stop.abort();
  await paused;
  await pause(60_000, stop.signal);
});
