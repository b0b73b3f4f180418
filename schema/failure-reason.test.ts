import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { failureReason } from './failure-reason.ts';

it('finds what the system said, wherever it is hidden', async () => {
  const failed: unknown = await fetch('http://127.0.0.1:1').catch((error: unknown) => error);
  expect(failureReason(failed)).toMatch(/^bad port$/);
  const event: unknown = await new Promise((resolve) => {
    new WebSocket('ws://127.0.0.1:1').onerror = resolve;
  });
  expect(failureReason(event)).toBe('connect ECONNREFUSED 127.0.0.1:1');
  const each = [new Error('connect ECONNREFUSED ::1:1'), new Error('connect ECONNREFUSED 127.0.0.1:1')];
  expect(failureReason(new TypeError('fetch failed', { cause: new AggregateError(each, '') }))).toBe(
    'connect ECONNREFUSED ::1:1',
  );
  expect(failureReason(new Error('plain'))).toBe('plain');
  expect(failureReason('a text')).toBe('a text');
});
