import { describe, expect, it } from 'vitest';
import type { Gap } from '../questions/questions.ts';
import type { Facts, StreamFacts } from './facts.ts';
import { type Judged, judge, problemsOf } from './judge.ts';
import type { HandoffState } from './state-machine.ts';

const NOW = 1_000_000;
/** Times of the cadence that a stream may be silent for. */
const FACTOR = 3;

const IDLE: StreamFacts['source'] = {
  ...{ offered: true, wanted: false, collecting: false, since: null, messages: 0, lastMessageAt: null },
};
const COLLECTING: StreamFacts['source'] = {
  ...{ offered: true, wanted: true, collecting: true, since: NOW - 500 },
  ...{ messages: 3, lastMessageAt: NOW - 100 },
};

function stream(more: Partial<StreamFacts> = {}): StreamFacts {
  return {
    ...{ serverId: 1, uuid: 'u', name: 'btc', author: 'key', archived: false, cadenceSeconds: 1 },
    ...{ source: COLLECTING, target: COLLECTING, ...more },
  };
}

type Instance = Facts['source'];
const ALIVE = { alive: true, seenAt: NOW, retired: false, clientId: 'key' };

function facts(
  streams: readonly StreamFacts[],
  more: Partial<Record<'source' | 'target', Partial<Instance>>> = {},
) {
  return {
    ...{ now: NOW, streams },
    source: { name: 'east', ...ALIVE, ...more.source },
    target: { name: 'west', ...ALIVE, ...more.target },
  };
}

function handoff(state: HandoffState, more: Partial<Judged> = {}): Judged {
  return {
    ...{ strategy: 'BLUE_GREEN', state, stepSince: NOW - 5_000, stepTimeoutMs: 60_000, windowMs: 10_000 },
    ...{ patienceMs: 4_000, switchedAt: NOW - 300, moreLots: false, ...more },
  };
}

const gap = (durationMs: number, kind: Gap['kind'] = 'COVERAGE'): Gap => ({
  ...{ kind, stream: { uuid: 'u', name: 'btc' }, from: NOW - durationMs, to: NOW, open: false, durationMs },
});

function outcomeOf(of: Judged, given: Facts, gaps: readonly Gap[] = []) {
  return judge(of, given, gaps, FACTOR).outcome;
}

describe('a handoff begins', () => {
  it('where nothing speaks against it', () => {
    expect(problemsOf(handoff('preparing'), facts([stream({ target: IDLE })]))).toEqual([]);
    expect(outcomeOf(handoff('preparing'), facts([stream({ target: IDLE })]))).toBe('done');
  });

  it.each<[RegExp, Facts]>([
    [/"east" is retired/, facts([stream()], { source: { retired: true } })],
    [/"west" is not heard of/, facts([stream()], { target: { alive: false } })],
    [/"east" is not heard of.*maintenance/, facts([stream()], { source: { alive: false } })],
    [/collects nothing/, facts([])],
    [/Archived: "btc"/, facts([stream({ archived: true })])],
    [/"east" is not to collect "btc"/, facts([stream({ source: { ...COLLECTING, wanted: false } })])],
    [/"west" can't collect "btc"/, facts([stream({ target: { ...IDLE, offered: false } })])],
    [/"west" may not publish on "btc"/, facts([stream({ author: 'another' })])],
  ])('unless %s', (problem, given) => {
    expect(problemsOf(handoff('preparing'), given)).toEqual([expect.stringMatching(problem)]);
    expect(outcomeOf(handoff('preparing'), given)).toBe('failed');
  });

  it('by maintenance from a source that is dead', () => {
    expect(problemsOf({ strategy: 'MAINTENANCE' }, facts([stream()], { source: { alive: false } }))).toEqual(
      [],
    );
  });

  it('and names the first few of many streams', () => {
    const archived = Array.from({ length: 7 }, (_, n) => stream({ name: `s${n}`, archived: true }));
    expect(problemsOf(handoff('preparing'), facts(archived))).toEqual([
      'Archived: "s0", "s1", "s2", "s3", "s4" and 2 more.',
    ]);
  });
});

describe('the target', () => {
  const apart = stream({ target: { ...COLLECTING, since: NOW + 1 } });

  it('has started when it collects, and the source was heard of while both did', () => {
    expect(outcomeOf(handoff('starting'), facts([stream()]))).toBe('done');
    expect(outcomeOf(handoff('starting'), facts([stream({ target: IDLE })]))).toBeNull();
    expect(outcomeOf(handoff('starting'), facts([stream()], { target: { alive: false } }))).toBe('failed');
    expect(outcomeOf(handoff('starting'), facts([apart]))).toBeNull();
    expect(outcomeOf(handoff('starting'), facts([apart], { source: { seenAt: NOW + 1 } }))).toBe('done');
    expect(outcomeOf(handoff('starting'), facts([apart], { source: { alive: false } }))).toBe('done');
    expect(outcomeOf(handoff('starting'), facts([{ ...apart, source: IDLE }]))).toBe('done');
    expect(outcomeOf(handoff('starting', { strategy: 'MAINTENANCE' }), facts([apart]))).toBe('done');
  });

  it('is validated once it lived on for a while, and has something of what is due', () => {
    const silent = { ...COLLECTING, messages: 0 };
    const of = (more: Partial<StreamFacts>, target = {}) =>
      outcomeOf(handoff('validating', { stepSince: NOW - 1_000 }), facts([stream(more)], { target }));
    expect(of({})).toBe('done');
    expect(of({}, { alive: false })).toBe('failed');
    expect(of({ target: IDLE })).toBeNull();
    expect(of({}, { seenAt: NOW - 1 })).toBeNull();
    expect(of({ target: silent })).toBeNull();
    // Due is what comes often enough for the step.
    expect(of({ target: silent, cadenceSeconds: 20 })).toBeNull();
    expect(of({ target: silent, cadenceSeconds: 20.001 })).toBe('done');
    expect(of({ target: silent, cadenceSeconds: null })).toBe('done');
  });
});

describe('the source', () => {
  const stopped = facts([stream({ source: IDLE })]);

  it('has stopped when it collects none of it, and the target is there', () => {
    expect(outcomeOf(handoff('stopping'), stopped)).toBe('done');
    expect(outcomeOf(handoff('stopping'), facts([stream()]))).toBeNull();
    // Half of the patience is over.
    const late = (seenAt: number, more: Partial<Judged> = {}) =>
      outcomeOf(handoff('stopping', more), facts(stopped.streams, { target: { seenAt } }));
    expect(late(NOW - 2_000)).toBe('done');
    expect(late(NOW - 2_001)).toBe('failed');
    expect(late(NOW - 2_001, { strategy: 'MAINTENANCE' })).toBe('done');
  });

  it('is restored when it collects all that is in use, however long that takes', () => {
    const old = handoff('restoring', { stepSince: 0 });
    expect(outcomeOf(old, facts([stream(), stream({ source: IDLE, archived: true })]))).toBe('done');
    expect(outcomeOf(old, facts([stream(), stream({ source: IDLE })]))).toBeNull();
  });

  it('has the target let go of what is not its own, however long that takes', () => {
    const old = handoff('releasing', { stepSince: 0 });
    expect(outcomeOf(old, facts([stream()]))).toBe('done');
    expect(outcomeOf(old, facts([stream({ target: { ...COLLECTING, wanted: false } })]))).toBeNull();
    expect(outcomeOf(old, facts([stream({ target: IDLE })]))).toBe('done');
  });
});

describe('a switch', () => {
  const confirmed = (gaps: readonly Gap[], more: Partial<Judged> = {}, given = facts([stream()])) =>
    outcomeOf(handoff('confirming', more), given, gaps);

  it('is confirmed without a gap, and leads to the next lot if there is one', () => {
    expect(confirmed([])).toBe('done');
    expect(confirmed([], { moreLots: true })).toBe('more');
    expect(confirmed([gap(1)])).toBe('failed');
    expect(confirmed([gap(0)])).toBe('done');
    expect(confirmed([], {}, facts([stream()], { target: { alive: false } }))).toBe('failed');
    expect(confirmed([], {}, facts([stream({ target: IDLE })]))).toBe('failed');
  });

  it('may have a gap of the window by maintenance, and one of data the cadences more that are no gap', () => {
    const maintenance = { strategy: 'MAINTENANCE' } as const;
    expect(confirmed([gap(10_000)], maintenance)).toBe('done');
    expect(confirmed([gap(10_001)], maintenance)).toBe('failed');
    expect(confirmed([gap(13_000, 'DATA')], maintenance)).toBe('done');
    expect(confirmed([gap(13_001, 'DATA')], maintenance)).toBe('failed');
    expect(confirmed([gap(1, 'DATA')], { ...maintenance, windowMs: 0 })).toBe('failed');
  });

  it('waits for what is due from after it', () => {
    const last = (lastMessageAt: number | null, cadenceSeconds: number | null = 1) =>
      confirmed([], {}, facts([stream({ cadenceSeconds, target: { ...COLLECTING, lastMessageAt } })]));
    expect(last(NOW - 300)).toBe('done');
    expect(last(NOW - 301)).toBeNull();
    expect(last(null)).toBeNull();
    expect(last(null, null)).toBe('done');
  });
});

describe('a step', () => {
  it('that waits fails when its time is over, and says what for', () => {
    const waits = facts([stream({ target: IDLE })]);
    const within = (ms: number) => judge(handoff('starting', { stepSince: NOW - ms }), waits, [], FACTOR);
    expect(within(59_999)).toEqual({ outcome: null, waitingFor: '"west" to collect "btc"' });
    expect(within(60_000)).toEqual({
      outcome: 'failed',
      notes: '60 s were not enough: "west" to collect "btc"',
    });
  });

  it('that is final waits for nothing', () => {
    for (const state of ['completed', 'rolled_back'] as const) {
      expect(judge(handoff(state, { stepSince: NOW }), facts([]), [], FACTOR).outcome).toBeNull();
    }
  });
});
