import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MessageRate } from './message-rate.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

function taken(rate: MessageRate, tries: number): number {
  return Array.from({ length: tries }, () => rate.take()).filter(Boolean).length;
}

it('lets ten seconds’ worth through at once, then the rate', () => {
  const rate = new MessageRate(5);
  expect(taken(rate, 100)).toBe(50);
  vi.advanceTimersByTime(1_000);
  expect(taken(rate, 100)).toBe(5);
  vi.advanceTimersByTime(3_600_000);
  expect(taken(rate, 100)).toBe(50);
});
