import { expect, it } from 'vitest';
import { LiveScores } from './live-scores.ts';

it('trusts live scores until they are significantly worse than naive', () => {
  const even = Array.from({ length: 40 }, (_, n) => ({
    absoluteError: n % 2 === 0 ? 2 : 0,
    naiveAbsoluteError: 1,
  }));
  expect(new LiveScores(even).trust).toBe(1);
  const worse = Array.from({ length: 48 }, () => ({ absoluteError: 2, naiveAbsoluteError: 1 }));
  expect(new LiveScores([...even, ...worse])).toMatchObject({ trust: 0, skill: -1 });
  // What is older than the newest 48 has been forgotten.
  const same = Array.from({ length: 48 }, () => ({ absoluteError: 1, naiveAbsoluteError: 1 }));
  expect(new LiveScores([...worse, ...same]).trust).toBe(1);
});
