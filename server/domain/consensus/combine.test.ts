import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combine, type PeerForecast } from './combine.ts';
import { decimalText, digitsOf } from './decimal-text.ts';
import type { PastForecast } from './gate.ts';
import { shrinkageOf } from './gate.ts';
import { robustMean, weightedMedian } from './robust-mean.ts';
import { COMBINATION } from './settings.ts';
import { NO_RECORD, weightsOf } from './weights.ts';

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const record = fc
  .tuple(
    fc.nat({ max: 48 }),
    fc.double({ min: 0, max: 5, noNaN: true }),
    fc.double({ min: 0, max: 5, noNaN: true }),
  )
  .map(([scored, error, naive]) => ({ scored, errorSum: scored * error, naiveSum: scored * naive }));
const quantiles = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 9 }).chain((levels) =>
  fc.array(number, { minLength: levels.length, maxLength: levels.length }).map((values) => {
    const ascending = [...values].sort((a, b) => a - b);
    return [...levels]
      .sort((a, b) => a - b)
      .map((level, index) => ({ level: level / 100, value: ascending[index] ?? 0 }));
  }),
);
const peer: fc.Arbitrary<PeerForecast> = fc.record({ value: number, quantiles, record });
const peers = fc.array(peer, { minLength: 1, maxLength: 20 });
const past: fc.Arbitrary<PastForecast[]> = fc.array(
  fc.record({ naive: number, pooled: number, value: number, actual: number }),
  { maxLength: 60 },
);

/** Sixty targets on which the peers together were right, or the naive forecast was. */
function pastOf(right: 'peers' | 'naive'): PastForecast[] {
  return Array.from({ length: 60 }, (_, at) => {
    const actual = right === 'peers' ? at + 1 : at;
    return { naive: at + (at % 2) * 0.1, pooled: at + 1, value: at + 1, actual };
  });
}

describe('combine', () => {
  it('says the same whatever the order of the peers', () => {
    void fc.assert(
      fc.property(number, peers, past, fc.integer(), (naive, given, before, seed) => {
        const shuffled = given
          .map((one, index) => ({ one, key: Math.sin(seed + index * 7919) }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        const [a, b] = [combine(naive, given, before), combine(naive, shuffled, before)];
        expect(b.value).toBeCloseTo(a.value, 3);
        expect(b.quantiles.length).toBe(a.quantiles.length);
        for (const [index, { value }] of a.quantiles.entries()) {
          expect(b.quantiles[index]?.value).toBeCloseTo(value, 3);
        }
      }),
    );
  });

  it('has weights of sum 1, values within the peers’ and quantiles that do not descend', () => {
    void fc.assert(
      fc.property(number, peers, past, (naive, given, before) => {
        const combined = combine(naive, given, before);
        expect(combined.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
        const all = [naive, ...given.map(({ value }) => value)];
        expect(combined.value).toBeGreaterThanOrEqual(Math.min(...all) - 1e-6);
        expect(combined.value).toBeLessThanOrEqual(Math.max(...all) + 1e-6);
        for (const [index, quantile] of combined.quantiles.entries()) {
          const last = combined.quantiles[index - 1];
          if (last) expect(quantile.value).toBeGreaterThanOrEqual(last.value);
          if (last) expect(quantile.level).toBeGreaterThan(last.level);
        }
      }),
    );
  });

  it('is the naive forecast where the naive forecast was right lately', () => {
    void fc.assert(
      fc.property(number, peers, (naive, given) => {
        const combined = combine(naive, given, pastOf('naive'));
        expect(combined.shrinkage).toBe(0);
        expect(combined.value).toBe(naive);
      }),
    );
  });

  it('is moved by one wild value no farther than the others are apart', () => {
    const values = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 4, maxLength: 20 });
    const wild = fc.double({ min: -1e30, max: 1e30, noNaN: true });
    void fc.assert(
      fc.property(values, wild, record, (honest, value, theirs) => {
        const others = honest.map((one) => ({ value: one, quantiles: [], record: { ...theirs } }));
        const combined = combine(5, [...others, { value, quantiles: [], record: theirs }], pastOf('peers'));
        // The median lies among the others, and the wild one pulls by `reach` medians of the distances at most.
        expect(Math.abs(combined.pooled - 5)).toBeLessThanOrEqual(5 + COMBINATION.reach * 10);
      }),
    );
  });

  it('is moved by wild quantiles no farther either', () => {
    const wise = (value: number): PeerForecast => ({
      value,
      quantiles: [
        { level: 0.1, value: value - 1 },
        { level: 0.9, value: value + 1 },
      ],
      record: NO_RECORD,
    });
    const wild = {
      value: 1,
      quantiles: [
        { level: 0.1, value: -1e30 },
        { level: 0.9, value: 1e30 },
      ],
      record: NO_RECORD,
    };
    const { quantiles: combined } = combine(1, [wise(1), wise(1.1), wise(0.9), wild], pastOf('peers'));
    expect(combined.map(({ level }) => level)).toEqual([0.1, 0.25, 0.5, 0.75, 0.9]);
    for (const { value } of combined) expect(Math.abs(value - 1)).toBeLessThan(2.5);
  });
});

describe('weightsOf', () => {
  it('gives most to the best, little to newcomers and nothing that overflows', () => {
    const best = { scored: 48, errorSum: 10, naiveSum: 48 };
    const naive = { scored: 48, errorSum: 48, naiveSum: 48 };
    const [a = 0, b = 0, c = 0] = weightsOf([best, naive, NO_RECORD], COMBINATION);
    expect(a).toBeGreaterThan(0.99);
    expect(b).toBeGreaterThan(10 * c);
    expect(weightsOf([NO_RECORD, NO_RECORD], COMBINATION)).toEqual([0.5, 0.5]);
    const extreme = weightsOf(
      [
        { scored: 48, errorSum: 1e300, naiveSum: 1e-300 },
        { scored: 48, errorSum: 0, naiveSum: 0 },
        NO_RECORD,
      ],
      COMBINATION,
    );
    expect(extreme.every(Number.isFinite)).toBe(true);
    const still = weightsOf(
      [
        { scored: 9, errorSum: 5, naiveSum: 0 },
        { scored: 9, errorSum: 0, naiveSum: 0 },
      ],
      COMBINATION,
    );
    expect(still[1]).toBeGreaterThan(0.99);
  });
});

describe('shrinkageOf', () => {
  it('goes all the way with peers that know, and half of it before there is a record', () => {
    expect(shrinkageOf(pastOf('peers'), COMBINATION)).toBe(1);
    expect(shrinkageOf([], COMBINATION)).toBe(0.5);
    expect(shrinkageOf(pastOf('peers').slice(0, 2), COMBINATION)).toBe(0.5);
  });
});

describe('weightedMedian', () => {
  it('is the lower of two that halve the weight, in whatever order that is added up', () => {
    const tenths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
    void fc.assert(
      fc.property(tenths, (parts) => {
        const whole = parts.reduce((sum, part) => sum + part, 0);
        const values = [...parts.map(() => 0), 1];
        expect(
          weightedMedian(
            values,
            [...parts, whole].map((weight) => weight / 10),
          ),
        ).toBe(0);
      }),
    );
  });
});

describe('robustMean', () => {
  it('is the weighted mean where nobody is far off', () => {
    expect(robustMean([1, 2, 3], [1, 1, 2], 3)).toBeCloseTo(2.25, 12);
    expect(robustMean([7], [1], 3)).toBe(7);
  });
});

describe('decimals', () => {
  it('keep the digits of the inputs, and few more than the base has', () => {
    expect(digitsOf('605', ['606', '606.25'])).toBe(2);
    expect(digitsOf('0.01', ['0.012345678901'])).toBe(6);
    expect(decimalText(0.1 + 0.2, 4)).toBe('0.3');
    expect(decimalText(-1e-9, 2)).toBe('0');
    expect(decimalText(1.5e30, 0)).toBe(`15${'0'.repeat(29)}`);
  });
});
