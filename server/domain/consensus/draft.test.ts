import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CanonicalDecimal, compareDecimals, parseDecimal } from '../../../schema/decimal.ts';
import type { ObservationDocument, StreamDocument } from '../../../schema/log-entry.ts';
import { draftConsensus } from './draft.ts';

const STREAM: StreamDocument = {
  ...{ serverId: 1, uuid: crypto.randomUUID(), name: 'a', author: 'x', secondary: null, target: null },
  ...{ meta: null, description: null, tags: [], cadenceSeconds: null, createdAt: 0, archivedAt: null },
};
const GREATEST = '9'.repeat(35);

function baseOf(value: CanonicalDecimal): ObservationDocument {
  return {
    ...{ stream: STREAM, position: 1, value, observedAt: 1, ts: 1, hash: 'ab', provider: 'x' },
    ...{ revision: 0, retracted: false },
  };
}

/** Decimals of any size that the log takes, the greatest among them. */
const decimal: fc.Arbitrary<CanonicalDecimal> = fc.oneof(
  fc.constantFrom('0', GREATEST, `-${GREATEST}`, `${GREATEST}.${'9'.repeat(30)}`, `0.${'0'.repeat(29)}1`),
  fc
    .tuple(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.integer({ min: -30, max: 22 }))
    .map(([digits, exponent]) => parseDecimal(`${digits}e${exponent}`) ?? '0'),
);
const prediction = fc.record({
  value: decimal,
  quantiles: fc
    .uniqueArray(decimal, { maxLength: 5 })
    .map((values) => values.sort(compareDecimals).map((value, index) => ({ level: (index + 1) / 6, value }))),
});
const number = decimal.map(Number);
const past = fc.array(fc.record({ naive: number, pooled: number, value: number, actual: number }), {
  maxLength: 24,
});

describe('a draft of the consensus', () => {
  it('is made of decimals that can be stored, whatever observations and predictions are', () => {
    void fc.assert(
      fc.property(
        decimal,
        fc.array(prediction, { minLength: 1, maxLength: 5 }),
        past,
        (base, said, before) => {
          const histories = new Map(said.map((_, peerId) => [peerId, before.map(({ actual }) => actual)]));
          const draft = draftConsensus({
            ...{ base: baseOf(base), records: new Map(), past: before, histories },
            predictions: said.map((one, peerId) => ({ ...one, peerId })),
          });
          for (const text of [draft.value, ...draft.quantiles.map(({ value }) => value)]) {
            expect(parseDecimal(text)).toBe(text);
          }
          expect(Number.isFinite(draft.pooled)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('says no more than can be stored where everybody says as much', () => {
    const { value } = draftConsensus({
      ...{ base: baseOf(GREATEST), records: new Map(), past: [], histories: new Map() },
      predictions: [{ peerId: 1, value: GREATEST, quantiles: [] }],
    });
    expect(value).toBe(GREATEST);
  });
});
