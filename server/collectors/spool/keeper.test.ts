import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PresageError } from '../../../schema/errors.ts';
import { SpoolKeeper } from './keeper.ts';
import { type Collected, Spool } from './spool.ts';

const MAX = 2_000_000;
let directory = '';
let spool: Spool;
let keeper: SpoolKeeper;
const logged: string[] = [];
const note = (level: string) => (_: object, message: string) => void logged.push(`${level} ${message}`);
const log = { info: note('info'), warn: note('warn'), error: note('error'), debug: () => {} };
let clock = 1_800_000_000_000;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'presage-spool-'));
  spool = new Spool({ directory, maxBytes: MAX, retentionMs: 3_600_000 });
  keeper = new SpoolKeeper(spool, log);
  vi.useFakeTimers({ toFake: ['Date'], now: clock });
});
afterEach(() => {
  vi.useRealTimers();
  spool.close();
  logged.length = 0;
  rmSync(directory, { recursive: true });
});

let time = 0;
function batch(size: number): readonly Collected[] {
  return Array.from({ length: size }, () => ({
    stream: 's',
    observedAt: time++,
    value: '1.25',
    provider: 'p',
  }));
}
const keep = (size: number) => keeper.keep(batch(size), (name) => ({ name }));
const publishAll = () => {
  for (let waiting = spool.waiting(1_000); waiting.length > 0; waiting = spool.waiting(1_000))
    spool.answered(waiting, []);
};
function later(ms: number): void {
  clock += ms;
  vi.setSystemTime(clock);
}

it('drops what is published and old, and nothing else', () => {
  keep(100);
  publishAll();
  keep(10);
  later(3_500_000);
  keep(5);
  expect(spool.counts()).toEqual({ kept: 115, waiting: 15, refused: 0 });
  later(200_000);
  keep(1);
  expect(spool.counts()).toEqual({ kept: 16, waiting: 16, refused: 0 });
});

it('gives up what is published, oldest first, when it is full, and warns before', () => {
  keep(5_000);
  publishAll();
  const firstWaiting = time;
  for (let round = 0; round < 20; round++) {
    later(61_000);
    keep(3_000);
  }
  expect(spool.bytes()).toBeLessThanOrEqual(MAX * 1.2);
  const { waiting, kept } = spool.counts();
  // All that was published had to go.
  expect(kept).toBe(waiting);
  expect(logged.filter((line) => line.startsWith('warn THE SPOOL IS NEARLY FULL'))).toHaveLength(1);
  expect(spool.waiting(1)).toMatchObject([{ observedAt: firstWaiting }]);
});

it('never drops what is not published: it takes nothing more, says so loudly, and goes on when there is room', () => {
  let taken = 0;
  for (let kept = keep(2_000); kept; kept = keep(2_000)) {
    taken += kept.length;
    later(1_100);
  }
  expect(keep(7)).toBeUndefined();
  expect(keeper.lost).toBe(2_007);
  expect(spool.counts()).toMatchObject({ kept: taken, waiting: taken });
  expect(logged.filter((line) => line.startsWith('error THE SPOOL IS FULL'))).toHaveLength(1);
  publishAll();
  later(1_100);
  expect(keep(7)).toHaveLength(7);
  expect(logged.at(-1)).toContain('takes observations again');
  expect(spool.bytes()).toBeLessThanOrEqual(MAX);
  expect(statSync(join(directory, 'spool.db')).size).toBeGreaterThan(0);
});

it('is for one collector at a time', () => {
  expect(() => new Spool(spool.settings)).toThrow(PresageError);
  expect(() => new Spool(spool.settings)).toThrow(/Another collector is running/);
});

it('counts of one stream and time the first value', () => {
  const one = { stream: 's', observedAt: 1, value: '1', provider: 'p' };
  const describe = (name: string) => ({ name });
  expect(spool.keep([one, { ...one, value: '2' }, { ...one, stream: 't' }], describe)).toHaveLength(2);
  expect(spool.keep([one], describe)).toEqual([]);
  expect(spool.waiting(10)).toMatchObject([
    { stream: 's', value: '1' },
    { stream: 't', value: '1' },
  ]);
  expect(spool.waiting(10, ['s'])).toMatchObject([{ stream: 't' }]);
});
