import { describe, expect, it } from 'vitest';
import type {
  ObservationDocument,
  PeerDocument,
  PredictionDocument,
  StreamDocument,
} from '../../../schema/log-entry.ts';
import type { JudgedPrediction } from './judge.ts';
import { baseKey } from './read-bases.ts';
import { Submission, targetKey } from './submission.ts';

const STREAM: StreamDocument = {
  ...{ serverId: 1, uuid: crypto.randomUUID(), name: 'a', author: 'x', secondary: null, target: null },
  ...{ meta: null, description: null, tags: [], cadenceSeconds: null, createdAt: 0, archivedAt: null },
};
const PEER: PeerDocument = { id: 7, publicKey: 'p', name: null, role: 'PEER', createdAt: 0 };
const QUANTILES = [
  { level: 0.1, value: '1' },
  { level: 0.9, value: '2' },
];

function observation(position: number, revision = 0): ObservationDocument {
  return {
    ...{ stream: STREAM, position, value: '1', observedAt: position - revision, ts: 0 },
    ...{ hash: `hash ${position}`, provider: 'x', revision, retracted: false },
  };
}

/** The last revision of the base, which two observations have followed, and the one before. */
const BASE = observation(11, 1);
const OLD_BASE = observation(10);

function submission(
  present: readonly PredictionDocument[] = [],
  archived: readonly number[] = [],
): Submission {
  const bases = [BASE, OLD_BASE].map(
    (one) => [baseKey(1, one.hash), { observation: one, followers: 2 }] as const,
  );
  return new Submission({
    ...{ total: 3, peer: PEER, head: 100, ts: 5, bases: new Map(bases), archived: new Set(archived) },
    present: new Map(present.map((one) => [targetKey(one.base, one.horizon), one])),
  });
}

function item(more: Partial<JudgedPrediction> = {}): JudgedPrediction {
  return { stream: STREAM, baseHash: BASE.hash, horizon: 3, value: '1.5', quantiles: QUANTILES, ...more };
}

const PRESENT: PredictionDocument = {
  ...{ id: 40, position: 45, stream: STREAM, peer: PEER, base: BASE, horizon: 3, value: '1.5' },
  ...{ quantiles: QUANTILES, submittedAt: 1, revision: 2 },
};

describe('a submission', () => {
  it('numbers what it takes on from the head, and what it replaces keeps its id', () => {
    const taken = submission([PRESENT]);
    taken.add(0, item({ value: '2' }));
    taken.add(1, item({ horizon: 4 }));
    // As if it had been sent after the first.
    taken.add(2, item({ value: '3' }));
    expect(taken.ids).toEqual([40, 102, 40]);
    expect(
      taken.added.map(({ document, before }) => [document.position, document.id, before?.position]),
    ).toEqual([
      [101, 40, 45],
      [102, 102, undefined],
      [103, 40, 101],
    ]);
    expect(taken.added.map(({ document }) => document.revision)).toEqual([3, 0, 4]);
    const entries = taken.entries('main');
    expect(entries.map(({ type, position, before }) => [type, position, before?.value])).toEqual([
      ['UPDATE', 101, '1.5'],
      ['CREATE', 102, undefined],
      ['UPDATE', 103, '2'],
    ]);
    expect([taken.duplicates, taken.errors]).toEqual([0, []]);
  });

  it('recognises the same again, and nothing that differs in anything', () => {
    const same = submission([PRESENT]);
    same.add(1, item());
    expect(same).toMatchObject({ ids: [null, 40, null], added: [], duplicates: 1 });
    expect(same.errors).toMatchObject([{ index: 1, code: 'DUPLICATE' }]);
    for (const other of [
      item({ value: '1.6' }),
      item({ baseHash: OLD_BASE.hash }),
      item({ quantiles: [] }),
      item({ quantiles: QUANTILES.slice(0, 1) }),
      item({ quantiles: [...QUANTILES, { level: 0.95, value: '2' }] }),
      item({ quantiles: QUANTILES.map(({ level }) => ({ level, value: '1' })) }),
      item({ quantiles: QUANTILES.map(({ value }, index) => ({ level: 0.2 + index / 2, value })) }),
    ]) {
      const taken = submission([PRESENT]);
      taken.add(0, other);
      expect(taken, JSON.stringify(other)).toMatchObject({ ids: [40, null, null], duplicates: 0 });
      expect(taken.added).toHaveLength(1);
    }
  });

  it('refuses what comes when its target has, from no base, and on what is archived', () => {
    const refused = submission([], [2]);
    refused.add(0, item({ horizon: 2 }));
    refused.add(1, item({ baseHash: 'another' }));
    refused.add(2, item({ stream: { ...STREAM, serverId: 2 } }));
    expect(refused.errors.map(({ index, code }) => [index, code])).toEqual([
      [0, 'LATE'],
      [1, 'UNKNOWN_BASE'],
      [2, 'ARCHIVED'],
    ]);
    expect(refused).toMatchObject({ ids: [null, null, null], added: [], duplicates: 0 });
  });
});
