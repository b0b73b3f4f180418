import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareDecimals } from '../../../schema/decimal.ts';
import { mean } from './decimal-mean.ts';
import { agree, median } from './median.ts';

const quotes = (...values: string[]) => values.map((value, index) => ({ source: `s${index}`, value }));

it.each([
  [['3', '1', '2'], '2'],
  [['1', '2'], '1.5'],
  [['0.1', '0.2'], '0.15'],
  [['-1', '1'], '0'],
  [['100000000000000000000.01', '100000000000000000000.02'], '100000000000000000000.015'],
  [['7'], '7'],
])('is exact: the median of %j is %s', (values, expected) => expect(median(values)).toBe(expected));

it('lies between the two, whatever they are', () => {
  const decimal = fc.tuple(fc.integer(), fc.nat(999_999)).map(([whole, fraction]) => {
    const digits = String(fraction).padStart(6, '0').replace(/0+$/, '');
    return digits === '' ? String(whole) : whole === 0 ? `0.${digits}` : `${whole}.${digits}`;
  });
  fc.assert(
    fc.property(decimal, decimal, (a, b) => {
      const [low, high] = [a, b].sort(compareDecimals);
      const middle = mean(a, b);
      expect(compareDecimals(low ?? '', middle)).toBeLessThanOrEqual(0);
      expect(compareDecimals(middle, high ?? '')).toBeLessThanOrEqual(0);
    }),
  );
});

it('drops outliers, and says which', () => {
  expect(agree(quotes('100', '101', '150'), 5)).toEqual({
    median: '100.5',
    outliers: [{ source: 's2', value: '150' }],
  });
  expect(agree(quotes('100', '104', '96'), 5)).toEqual({ median: '100', outliers: [] });
  expect(agree(quotes('-100', '-100', '-1'), 5).outliers).toHaveLength(1);
});

it('believes neither of two that contradict each other', () => {
  expect(agree(quotes('100', '200'), 5)).toMatchObject({ median: null });
  expect(agree(quotes('100', '105'), 5)).toMatchObject({ median: '102.5' });
});
