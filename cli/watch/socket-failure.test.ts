import { expect, it } from 'vitest';
import { socketFailure } from './socket-failure.ts';

it.each([
  [[{ message: 'No.', extensions: { code: 'BAD_CURSOR' } }], 'BAD_CURSOR'],
  [[{ message: 'No.', extensions: { code: 'NEW_CODE' } }], 'INTERNAL'],
  [{ code: 4401, reason: 'Unauthorized' }, 'UNAUTHENTICATED'],
  [{ code: 4403, reason: 'Forbidden' }, 'UNAUTHENTICATED'],
  [{ code: 4470, reason: 'Expired' }, 'UNAUTHENTICATED'],
  [{ code: 4473, reason: 'Revoked' }, 'UNAUTHENTICATED'],
  [{ code: 4471, reason: 'Stalled' }, 'UNAVAILABLE'],
  [{ code: 4475, reason: 'Idle' }, 'UNAVAILABLE'],
  [{ code: 4400, reason: 'Bad' }, 'BAD_INPUT'],
  [{ code: 1009, reason: '' }, 'BAD_INPUT'],
  [{ code: 4408, reason: 'Too slow' }, 'UNAVAILABLE'],
  [{ code: 1006, reason: '' }, 'UNAVAILABLE'],
  [{ code: 1012, reason: 'Restart' }, 'UNAVAILABLE'],
  [new Error('connect ECONNREFUSED'), 'UNAVAILABLE'],
])('takes %j for what it is', (thrown, code) => {
  expect(socketFailure('http://x/graphql', thrown).code).toBe(code);
});
