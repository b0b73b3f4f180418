import type { EpochMs } from '../../schema/time.ts';

/** When a source is sampled: at once and then at regular times, or once a day. Either is late by a random part of `jitterMs`. */
export type Schedule =
  | { readonly kind: 'interval'; readonly everyMs: number; readonly jitterMs: number }
  /** `atMs` after midnight, UTC. */
  | { readonly kind: 'daily'; readonly atMs: number; readonly jitterMs: number };

const DAY_MS = 86_400_000;
/** Longest single timer, in ms: a clock that is set meanwhile is noticed after so long. */
const LONGEST_TIMER_MS = 60_000;

/** How far apart a schedule's samples are, in seconds: the cadence of what it observes. */
export function cadenceOf(schedule: Schedule): number {
  return (schedule.kind === 'interval' ? schedule.everyMs : DAY_MS) / 1_000;
}

/** A loop that calls a job by a schedule until it is stopped. */
export interface Beat {
  /** No call begins after this; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

export interface Clock {
  now(): EpochMs;
  /** From 0 to below 1. */
  random(): number;
}

const SYSTEM: Clock = { now: () => Date.now(), random: () => Math.random() };

/** The first regular time after `now` of a schedule that began at `start`; jitter is not in it. */
export function timeAfter(schedule: Schedule, start: EpochMs, now: EpochMs): EpochMs {
  const period = schedule.kind === 'interval' ? schedule.everyMs : DAY_MS;
  const origin = schedule.kind === 'interval' ? start : schedule.atMs;
  return origin + (Math.floor((now - origin) / period) + 1) * period;
}

/**
 * Calls `job` at the times of a schedule, which are on a grid, so that they don't drift. A job that overruns, a machine
 * that slept and a process that stood still make the times in between be skipped: two calls never run at once, and none
 * catch up. `job` must not reject.
 */
export function startBeat(schedule: Schedule, job: () => Promise<void>, clock: Clock = SYSTEM): Beat {
  const start = clock.now();
  const late = () => clock.random() * schedule.jitterMs;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();

  const waitUntil = (time: EpochMs): void => {
    const left = time - clock.now();
    if (left > LONGEST_TIMER_MS) timer = setTimeout(() => waitUntil(time), LONGEST_TIMER_MS);
    else timer = setTimeout(run, Math.max(0, left));
  };
  const run = (): void => {
    running = job().then(() => {
      if (!stopped) waitUntil(timeAfter(schedule, start, clock.now()) + late());
    });
  };
  if (schedule.kind === 'interval') waitUntil(start + late());
  else waitUntil(timeAfter(schedule, start, start) + late());

  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
