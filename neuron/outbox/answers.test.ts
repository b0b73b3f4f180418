import { expect, it } from 'vitest';
import type { ErrorCode } from '../../schema/errors.ts';
import type { WaitingPrediction } from '../storage/prediction-rows.ts';
import { answersOf } from './answers.ts';

const sent = (count: number): WaitingPrediction[] =>
  Array.from({ length: count }, (_, n) => ({
    ...{ id: 10 + n, streamUuid: 's', baseHash: `h${n}`, horizon: 1, value: '1', quantiles: '[]', late: 0 },
  }));
const result = (
  predictionIds: readonly (string | null)[],
  errors: readonly { index: number; code: ErrorCode; message: string }[],
) => ({
  ...{ predictionIds: [...predictionIds], errors: [...errors], duplicates: 0 },
  ...{ totalSubmitted: 0, successful: 0, failed: 0 },
});

it('leaves out what should be sent again: what the server could not take now, and what it said nothing of', () => {
  const codes: ErrorCode[] = ['LIMITED', 'UNAVAILABLE', 'INTERNAL'];
  const errors = codes.map((code, index) => ({ index, code, message: 'later' }));
  expect(answersOf(sent(5), result([null, null, null, 'p4', null], errors))).toEqual([
    { prediction: 13, answer: 'ACCEPTED', message: null, serverId: 'p4' },
  ]);
});

it('takes every other word for the last: a duplicate is there, whatever else it says is refused', () => {
  const errors = [
    { index: 0, code: 'DUPLICATE' as const, message: 'known' },
    { index: 2, code: 'LATE' as const, message: 'its target is there' },
  ];
  expect(answersOf(sent(3), result(['p1', 'p2', null], errors))).toEqual([
    { prediction: 10, answer: 'DUPLICATE', message: 'known', serverId: 'p1' },
    { prediction: 11, answer: 'ACCEPTED', message: null, serverId: 'p2' },
    { prediction: 12, answer: 'LATE', message: 'its target is there', serverId: null },
  ]);
});
