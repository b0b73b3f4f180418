import { expect, it } from 'vitest';
import { dueAt, type TrainingNeed, urgency } from './urgency.ts';

const need: TrainingNeed = {
  stream: 1,
  trainedAt: 1_000,
  newRows: 5,
  rows: 100,
  backtestSkill: 0.3,
  liveSkill: 0.3,
  drifted: false,
  notBefore: 0,
};
const INTERVAL = 600_000;
const first = (...needs: TrainingNeed[]) =>
  needs.toSorted((a, b) => urgency(b, 700_000, INTERVAL) - urgency(a, 700_000, INTERVAL))[0];

it('trains a stream an interval after the last time, on every observation if the interval is 0', () => {
  expect(dueAt(need, INTERVAL, 16)).toBe(601_000);
  expect(dueAt(need, 0, 16)).toBe(1_000);
  expect(dueAt({ ...need, trainedAt: undefined }, INTERVAL, 16)).toBe(0);
});

it('trains a drifted stream sooner, a failed one not before its pause is over', () => {
  expect(dueAt({ ...need, drifted: true }, INTERVAL, 16)).toBe(61_000);
  expect(dueAt({ ...need, notBefore: 900_000 }, INTERVAL, 16)).toBe(900_000);
});

it('does not train where there is nothing new, or too little', () => {
  expect(dueAt({ ...need, newRows: 0 }, 0, 16)).toBe(Number.POSITIVE_INFINITY);
  expect(dueAt({ ...need, rows: 15 }, 0, 16)).toBe(Number.POSITIVE_INFINITY);
});

it('takes the untrained first, then what is stale or has much to gain', () => {
  const untrained = { ...need, stream: 2, trainedAt: undefined };
  const stale = { ...need, stream: 3, trainedAt: -600_000 };
  const worse = { ...need, stream: 4, liveSkill: -0.4 };
  const drifted = { ...need, stream: 5, drifted: true };
  expect(first(need, stale, untrained)).toBe(untrained);
  expect(first(need, stale)).toBe(stale);
  expect(first(need, worse)).toBe(worse);
  expect(first(stale, drifted)).toBe(drifted);
});
