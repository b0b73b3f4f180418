import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../testing/memory-log.ts';
import { Coverage } from './coverage.ts';

const log = new MemoryLog();
for (let n = 0; n < 120; n += 1) log.put(log.stream(1), n, '1');

describe('what was covered of a log', () => {
  it('is all that was found after a position, or is not known where that is long ago', () => {
    const step = fc.record({
      restarts: fc.nat(5).map((drawn) => drawn === 0),
      by: fc.integer({ min: 0, max: 9 }),
      every: fc.integer({ min: 1, max: 3 }),
    });
    const steps = fc.array(step, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), steps, (kept, list) => {
        const coverage = new Coverage(kept);
        expect([coverage.position, coverage.since(0)]).toEqual([-1, undefined]);
        coverage.restart(0);
        let begun = 0;
        let through = 0;
        let found: number[] = [];
        for (const { restarts, by, every } of list) {
          const passed = log.entries.slice(through, through + by);
          through += by;
          if (restarts) {
            coverage.restart(through);
            [begun, found] = [through, []];
          } else {
            const those = passed.filter(({ position }) => position % every === 0);
            coverage.extend(through, those);
            found.push(...those.map(({ position }) => position));
          }
          expect(coverage.position).toBe(through);
          for (let position = 0; position <= through; position += 1) {
            const known = coverage.since(position)?.map((entry) => entry.position);
            const wanted = found.filter((one) => one > position);
            // At least `kept` entries are, at most twice as many; nothing of before it began.
            const isFixed = position < begun || wanted.length <= kept || wanted.length > 2 * kept;
            const isKnown = position >= begun && wanted.length <= kept;
            if (isFixed && (known !== undefined) !== isKnown) expect.fail(`${position}: ${known}`);
            if (known !== undefined && known.join() !== wanted.join())
              expect([position, known]).toEqual(wanted);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('lets those wait for a position who are not there yet, and nobody once it is over', async () => {
    const coverage = new Coverage(4);
    const reached: number[] = [];
    const wait = (position: number) => coverage.reached(position).then(() => reached.push(position));
    expect(coverage.awaited).toBe(-1);
    const waits = [3, 5, 9, 20].map(wait);
    expect(coverage.awaited).toBe(20);
    coverage.restart(3);
    coverage.extend(5, []);
    await Promise.all([waits[0], waits[1], wait(5)]);
    expect([reached, coverage.awaited]).toEqual([[3, 5, 5], 20]);
    coverage.extend(9, []);
    await waits[2];
    expect(coverage.awaited).toBe(20);
    coverage.close();
    await waits[3];
    expect([reached, coverage.awaited]).toEqual([[3, 5, 5, 9, 20], -1]);
  });
});
