import { describe, expect, it } from 'vitest';
import type { StreamDocument } from '../../../schema/log-entry.ts';
import { judgePrediction } from './judge.ts';

const STREAM: StreamDocument = {
  ...{ serverId: 1, uuid: crypto.randomUUID(), name: 'a', author: 'x', secondary: null, target: null },
  ...{ meta: null, description: null, tags: [], cadenceSeconds: null, createdAt: 0, archivedAt: null },
};
const ITEM = { streamUuid: STREAM.uuid, value: '1.50', baseHash: 'AB'.repeat(32) };

function judge(item: object, stream: StreamDocument | undefined = STREAM) {
  return judgePrediction({ ...ITEM, ...item }, stream);
}

function quantiles(...pairs: readonly (readonly [level: number, value: string | number])[]) {
  return { quantiles: pairs.map(([level, value]) => ({ level, value })) };
}

describe('a prediction', () => {
  it('is taken in one form, whatever form it came in', () => {
    const judged = { stream: STREAM, baseHash: 'ab'.repeat(32), horizon: 1, value: '1.5', quantiles: [] };
    expect(judge({})).toEqual(judged);
    expect(judge({ horizon: null, quantiles: null })).toEqual(judged);
    expect(judge({ horizon: 64, ...quantiles([0.001, '1.0'], [0.5, 1], [0.999, '2.50']) })).toEqual({
      ...judged,
      horizon: 64,
      quantiles: [
        { level: 0.001, value: '1' },
        { level: 0.5, value: '1' },
        { level: 0.999, value: '2.5' },
      ],
    });
    const most = Array.from({ length: 99 }, (_, n) => [(n + 1) / 100, n] as const);
    expect(judge(quantiles(...most))).toMatchObject({ quantiles: { length: 99 } });
  });

  it.each([
    ['BAD_VALUE', { value: 'NaN' }],
    ['BAD_HORIZON', { horizon: 0 }],
    ['BAD_HORIZON', { horizon: 65 }],
    ['BAD_HORIZON', { horizon: 1.5 }],
    ['UNKNOWN_BASE', { baseHash: '' }],
    ['UNKNOWN_BASE', { baseHash: 'ab'.repeat(31) }],
    ['UNKNOWN_BASE', { baseHash: `${'ab'.repeat(32)}\n` }],
    ['BAD_QUANTILES', quantiles([0, 1])],
    ['BAD_QUANTILES', quantiles([1, 1])],
    ['BAD_QUANTILES', quantiles([Number.NaN, 1])],
    ['BAD_QUANTILES', quantiles([0.5, 'x'])],
    ['BAD_QUANTILES', quantiles([0.5, 1], [0.5, 2])],
    ['BAD_QUANTILES', quantiles([0.5, 1], [0.4, 2])],
    ['BAD_QUANTILES', quantiles([0.5, 2], [0.6, '1.99'])],
    ['BAD_QUANTILES', quantiles(...Array.from({ length: 100 }, (_, n) => [(n + 1) / 101, n] as const))],
  ])('is refused with %s for %j', (code, item) => {
    expect(judge(item)).toMatchObject({ code });
  });

  it('is of a stream that is there and in use', () => {
    expect(judgePrediction(ITEM, undefined)).toMatchObject({
      code: 'UNKNOWN_STREAM',
      message: `There is no stream of uuid ${STREAM.uuid}.`,
    });
    expect(judgePrediction({ ...ITEM, streamUuid: 'a' }, undefined)).toMatchObject({
      code: 'UNKNOWN_STREAM',
    });
    expect(judge({}, { ...STREAM, archivedAt: 1 })).toMatchObject({ code: 'ARCHIVED' });
  });
});
