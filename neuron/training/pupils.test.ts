import { expect, it } from 'vitest';
import type { Standing } from '../selection/online-model.ts';
import type { SavedModel } from '../selection/saved-model.ts';
import { Pupils } from './pupils.ts';
import { urgency } from './urgency.ts';

const NOW = 10_000_000;
const INTERVAL_MS = 600_000;

/** Its best member was twice as good as naive in the backtest. */
const MODEL: SavedModel = {
  ...{ format: 1, rows: 50, from: 0, through: 49, skipped: [], errors: {}, ahead: [], generation: 1 },
  pattern: { cadenceMs: 1, regular: true, seasons: [] },
  members: [
    { adapter: 'naive', version: 1, hyperparameters: {}, fitted: {}, mae: 2, naiveMae: 2, fitMs: 1 },
    { adapter: 'ar', version: 1, hyperparameters: {}, fitted: {}, mae: 1, naiveMae: 2, fitMs: 1 },
  ],
};

const AT_HOME: Standing = {
  ...{ adapter: 'ar', mae: 1.2, naiveMae: 2, skill: 0.4, liveSkill: null },
  ...{ rowsSinceFit: 1, drifted: false },
};

function pupilsWith(standings: ReadonlyMap<number, Standing>): Pupils {
  const trainees = {
    series: async () => ({ times: [], values: [] }),
    rows: () => ({ all: 100, newer: 5 }),
    stable: () => MODEL,
    trainedAt: () => NOW - INTERVAL_MS,
    standing: (stream: number) => standings.get(stream),
    adopt: async () => undefined,
  };
  return new Pupils({ trainees, intervalMs: INTERVAL_MS, now: () => NOW });
}

it('knows what is to be gained by the server’s scores, by errors at home without them, and by nothing as nothing', () => {
  const pupils = pupilsWith(
    new Map([
      [1, AT_HOME],
      [2, { ...AT_HOME, liveSkill: -0.3 }],
      [3, { ...AT_HOME, skill: 0.1, liveSkill: 0.5 }],
    ]),
  );
  const need = (stream: number) => pupils.need(stream, pupils.get(stream));
  expect([1, 2, 3, 4].map((stream) => need(stream).backtestSkill)).toEqual([0.5, 0.5, 0.5, 0.5]);
  expect([1, 2, 3, 4].map((stream) => need(stream).liveSkill)).toEqual([0.4, -0.3, 0.5, 0.5]);
  const order = [1, 2, 3, 4].toSorted(
    (a, b) => urgency(need(b), NOW, INTERVAL_MS) - urgency(need(a), NOW, INTERVAL_MS),
  );
  expect(order).toEqual([2, 1, 3, 4]);
});
