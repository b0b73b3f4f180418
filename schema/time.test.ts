import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTime, MAX_TIME, MIN_TIME, parseTime } from './time.ts';

describe('parseTime', () => {
  const digits = (count: number) =>
    fc.integer({ min: 0, max: 10 ** count - 1 }).map((number) => String(number).padStart(count, '0'));

  it('reads what formatTime writes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: MIN_TIME, max: MAX_TIME }),
        (time) => parseTime(formatTime(time)) === time,
      ),
    );
  });

  it('reads a time with Z and the same with an offset of nothing alike, whatever its digits', () => {
    const near = (most: number) =>
      fc.integer({ min: 0, max: most + 2 }).map((n) => String(n).padStart(2, '0'));
    const text = fc
      .tuple(digits(4), near(12), near(31), near(23), near(59), near(59), digits(3))
      .map(([year, month, day, hour, minute, second, ms]) => {
        return `${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}`;
      });
    fc.assert(
      fc.property(text, (local) => parseTime(`${local}Z`) === parseTime(`${local}+00:00`)),
      { numRuns: 3_000 },
    );
  });

  it.each([
    '2026-02-29T00:00:00.000Z',
    '2026-04-31T00:00:00.000Z',
    '2026-01-00T00:00:00.000Z',
    '2026-13-01T00:00:00.000Z',
    '2026-01-01T24:00:00.000Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00-00:60',
    '2026-01-01T23:60:00.000Z',
    '2026-01-01T23:59:60.000Z',
    '0000-12-31T23:59:59.999Z',
    '2026-01-01T00:00:00.000',
  ])('refuses %s', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it('knows leap days', () => {
    expect(parseTime('2024-02-29T12:00:00.000Z')).toBe(Date.UTC(2024, 1, 29, 12));
  });
});
