import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Sample } from '../source.ts';
import { failure, SourceBench, sample } from '../testing/source-bench.ts';

const bench = SourceBench.forTests();

describe('csv', () => {
  const T = Date.UTC(2026, 0, 1);
  const rows = (...times: number[]) => times.map((time, index) => `${T + time},${index}.50\n`).join('');

  it('replays files side by side, in compressed time, and goes on where it was', async () => {
    writeFileSync(join(bench.directory, 'a.csv'), `ts,value\n${rows(0, 60_000, 120_000)}`);
    writeFileSync(join(bench.directory, 'b.csv'), rows(30_000, 90_000));
    const yaml = 'type: csv, folder: ".", speed: 60, prefix: x_';
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
    const names = (samples: readonly Sample[]) =>
      samples.map(({ stream, value, observedAt }) => `${stream} ${value} +${observedAt - 1_800_000_000_000}`);
    let source = bench.open(yaml);
    expect(names(await sample(source))).toEqual(['x_a 0.5 +0']);
    vi.setSystemTime(1_800_000_000_600);
    expect(names(await sample(source))).toEqual(['x_b 0.5 +500']);
    source.close?.();
    // What was given last may not have been kept when it was killed: it comes again.
    source = bench.open(yaml);
    vi.setSystemTime(1_800_000_001_500);
    expect(names(await sample(source))).toEqual(['x_a 1.5 +1000', 'x_b 0.5 +500', 'x_b 1.5 +1500']);
    vi.setSystemTime(1_800_000_009_000);
    expect(names(await sample(source))).toEqual(['x_a 2.5 +2000']);
    expect(await sample(source)).toEqual([]);
    source.close?.();
    vi.useRealTimers();
  });

  it('gives everything at once with its own times, and says what is no row', async () => {
    writeFileSync(join(bench.directory, 'a.csv'), `${T},1\nno row\n${T + 5},2\n`);
    const source = bench.open('type: csv, folder: ".", speed: max, times: original');
    expect(await failure(source)).toMatchObject({
      message: expect.stringMatching(/^a\.csv:2: /),
      samples: [
        { stream: 'a', value: '1', observedAt: T },
        { stream: 'a', value: '2', observedAt: T + 5 },
      ],
    });
    expect(() => bench.open('type: csv, folder: ".", speed: max')).toThrow(/goes with times: original/);
  });
});
