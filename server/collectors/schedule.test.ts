import { afterEach, describe, expect, it, vi } from 'vitest';
import { startBeat, timeAfter } from './schedule.ts';

const HOUR = 3_600_000;

afterEach(() => void vi.useRealTimers());

describe('startBeat', () => {
  it('skips beats while a job overruns, and keeps to the grid', async () => {
    vi.useFakeTimers();
    const started: number[] = [];
    const origin = Date.now();
    let running = 0;
    const beat = startBeat({ kind: 'interval', everyMs: 100, jitterMs: 0 }, async () => {
      expect(++running).toBe(1);
      started.push(Date.now() - origin);
      if (started.length === 2) await new Promise((resolve) => setTimeout(resolve, 250));
      running -= 1;
    });
    await vi.advanceTimersByTimeAsync(650);
    expect(started).toEqual([0, 100, 400, 500, 600]);
    await beat.stop();
    await vi.advanceTimersByTimeAsync(500);
    expect(started).toHaveLength(5);
  });

  it('makes up for nothing after the machine slept', async () => {
    vi.useFakeTimers();
    let beats = 0;
    const beat = startBeat({ kind: 'interval', everyMs: 1_000, jitterMs: 0 }, async () => {
      beats += 1;
    });
    await vi.advanceTimersByTimeAsync(2_500);
    expect(beats).toBe(3);
    vi.setSystemTime(Date.now() + 10 * HOUR);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(beats).toBe(5);
    await beat.stop();
  });

  it('is late by a random part of its jitter, counted from the grid', async () => {
    vi.useFakeTimers();
    const origin = Date.now();
    const started: number[] = [];
    const parts = [0.5, 0, 0.98, 0.1];
    const clock = { now: () => Date.now(), random: () => parts.shift() ?? 0 };
    const job = async () => void started.push(Date.now() - origin);
    const beat = startBeat({ kind: 'interval', everyMs: 100, jitterMs: 50 }, job, clock);
    await vi.advanceTimersByTimeAsync(320);
    expect(started).toEqual([25, 100, 249, 305]);
    await beat.stop();
  });

  it('comes once a day at its time in UTC, and not when it starts', async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 31, 5) });
    const started: string[] = [];
    const daily = { kind: 'daily', atMs: 6.5 * HOUR, jitterMs: 0 } as const;
    const beat = startBeat(daily, async () => void started.push(new Date().toISOString()));
    await vi.advanceTimersByTimeAsync(50 * HOUR);
    expect(started).toEqual([
      '2026-01-31T06:30:00.000Z',
      '2026-02-01T06:30:00.000Z',
      '2026-02-02T06:30:00.000Z',
    ]);
    await beat.stop();
  });

  it('waits at the end for the job that is under way', async () => {
    let finish = () => {};
    let finished = false;
    let begun = false;
    const beat = startBeat({ kind: 'interval', everyMs: 5, jitterMs: 0 }, async () => {
      begun = true;
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      finished = true;
    });
    await vi.waitFor(() => expect(begun).toBe(true));
    const stopping = beat.stop();
    finish();
    await stopping;
    expect(finished).toBe(true);
  });
});

it('gives the first time on the grid after now', () => {
  const schedule = { kind: 'interval', everyMs: 10, jitterMs: 0 } as const;
  expect(timeAfter(schedule, 100, 100)).toBe(110);
  expect(timeAfter(schedule, 100, 129)).toBe(130);
  expect(timeAfter({ kind: 'daily', atMs: HOUR, jitterMs: 0 }, 0, HOUR)).toBe(25 * HOUR);
});
