import { changeOf, judge } from '../../gateway/streamer/change.ts';
import { compile } from '../../gateway/streamer/predicate.ts';
import { SubscriptionIndex } from '../../gateway/streamer/subscription-index.ts';
import { MemoryLog } from '../../gateway/testing/memory-log.ts';
import type { Filter } from '../../schema/filter/form.ts';
import { allOf } from '../../schema/filter/form.ts';
import type { ObservationEntry } from '../../schema/log-entry.ts';
import { randomFrom } from '../../schema/seeded-random.ts';
import { type Line, type Part, percentile } from './line.ts';

/** What is looked up for an event among so many filtered subscriptions, of which about as many match at any size. */
export const matching: Part = {
  name: 'matching',
  run: async ({ seed, full }) => {
    const sizes = full ? [1_000, 10_000, 100_000, 1_000_000] : [1_000, 10_000, 100_000];
    return SHAPES.flatMap((shape) => linesOf(shape, sizes, seed));
  },
};

/** So many subscriptions match an event, whatever the size. */
const MATCHES = 10;
const EVENTS = 500;

interface Shape {
  readonly name: string;
  /** The filter of the `n`th of `count` subscriptions. */
  readonly filter: (n: number, count: number, random: () => number) => Filter;
  /** How many streams the events are on. */
  readonly streams: (count: number) => number;
}

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const about = (field: 'stream.uuid' | 'provider', value: string): Filter => {
  return { kind: 'is', field, op: 'eq', value };
};
const value = (op: 'gte' | 'lt', bound: number): Filter => {
  return { kind: 'is', field: 'value', op, value: String(bound) };
};

const SHAPES: readonly Shape[] = [
  {
    name: 'equality',
    streams: (count) => count / MATCHES,
    filter: (n, count) => about('stream.uuid', uuid(n % (count / MATCHES))),
  },
  {
    name: 'in, of 5 streams',
    streams: (count) => (5 * count) / MATCHES,
    filter: (_n, count, random) => ({
      kind: 'is',
      field: 'stream.uuid',
      op: 'in',
      value: Array.from({ length: 5 }, () => uuid(Math.floor((random() * 5 * count) / MATCHES))),
    }),
  },
  {
    name: 'ranges',
    streams: () => 100,
    filter: (n, count) => {
      const low = (n * 1_000_000) / count;
      const width = (MATCHES * 1_000_000) / count;
      return allOf([value('gte', low), value('lt', low + width)]);
    },
  },
  {
    // All share the provider and a thousand the stream: only the three together say who is meant.
    name: 'conjunctions',
    streams: (count) => count / 1_000,
    filter: (n) => {
      const perStream = 1_000;
      const low = ((n % perStream) * 1_000_000) / perStream;
      const width = (MATCHES * 1_000_000) / perStream;
      return allOf([
        about('provider', 'test'),
        about('stream.uuid', uuid(Math.floor(n / perStream))),
        value('gte', low),
        value('lt', low + width),
      ]);
    },
  },
];

function linesOf(shape: Shape, sizes: readonly number[], seed: number): Line[] {
  const [least = 0, ...larger] = sizes;
  const smallest = new Subject(shape, least, seed);
  const [alone = Number.NaN] = medians([smallest]);
  return [
    scanLine(smallest, alone),
    ...larger.flatMap((count) => {
      const subject = new Subject(shape, count, seed);
      // By turns, so that whatever else the machine does meets both.
      const [theirs = Number.NaN, ours = Number.NaN] = medians([smallest, subject]);
      const flat: Line = {
        ...{ what: subject.name, unit: 'µs/event', ours, peer: `the same of ${least.toLocaleString('en')}` },
        ...{ theirs, ratio: ours / theirs },
        ...(count === 100_000 && { bound: { kind: 'at most', ratio: 2 } }),
      };
      const moved = subject.moving();
      const churn: Line = {
        ...{
          what: `${subject.name}: one comes, one goes`,
          unit: 'µs',
          ours: moved,
          peer: 'one event matched',
        },
        ...{ theirs: ours, ratio: moved / ours },
      };
      return [flat, scanLine(subject, ours), churn];
    }),
  ];
}

function scanLine(subject: Subject, ours: number): Line {
  const theirs = subject.scanning();
  return {
    ...{ what: subject.name, unit: 'µs/event', ours, peer: 'asking each', theirs, ratio: theirs / ours },
    ...(subject.count === 100_000 && { bound: { kind: 'at least', ratio: 100 } }),
  };
}

/** Microseconds an event, of each subject in turn for every event. */
function medians(subjects: readonly Subject[]): number[] {
  const times = subjects.map((): number[] => []);
  for (let turn = 0; turn < EVENTS; turn += 1) {
    for (const [n, subject] of subjects.entries()) {
      forgetCaches();
      times[n]?.push(subject.matching(turn));
    }
  }
  return times.map((each) => percentile(each, 0.5));
}

/** An index of so many filters of a shape, and events for it. */
class Subject {
  readonly count: number;
  readonly #shape: Shape;
  readonly #filters: readonly Filter[];
  readonly #events: readonly ObservationEntry[];
  readonly #index = new SubscriptionIndex();
  #matches = 0;
  #matched = 0;

  constructor(shape: Shape, count: number, seed: number) {
    const random = randomFrom(seed);
    this.count = count;
    this.#shape = shape;
    this.#filters = Array.from({ length: count }, (_, n) => shape.filter(n, count, random));
    this.#events = eventsOn(shape.streams(count), random);
    for (const [n, filter] of this.#filters.entries()) this.#index.add(subscription(n, filter));
    for (let warm = 0; warm < 20 * EVENTS; warm += 1) this.matching(warm);
    if (this.#matches === 0) throw new Error('nothing matched');
  }

  /** What is matched, how often, and how many match on average. */
  get name(): string {
    const matches = (this.#matches / this.#matched).toFixed(1);
    return `matching, ${this.#shape.name}, ${this.count.toLocaleString('en')} (${matches} match)`;
  }

  /** Microseconds that one event takes. */
  matching(turn: number): number {
    const event = this.#events[turn % EVENTS];
    if (!event) throw new Error('there is no event');
    this.#matched += 1;
    return perEvent(1, () => this.#index.match(changeOf(event), this.#onMatch));
  }

  /** Microseconds an event takes where each filter is asked. */
  scanning(): number {
    const predicates = this.#filters.map(compile);
    const some = this.#events.slice(0, Math.max(3, Math.floor(1_000_000 / this.count)));
    let matches = 0;
    const took = perEvent(some.length, () => {
      for (const event of some) {
        const change = changeOf(event);
        for (const matchesFilter of predicates) if (judge(change, matchesFilter)) matches += 1;
      }
    });
    if (matches === 0) throw new Error('nothing matched');
    return took;
  }

  /** Microseconds that it takes one subscription to go and come. */
  moving(): number {
    const moved = this.#filters.slice(0, 2_000);
    return perEvent(moved.length, () => {
      for (const [n, filter] of moved.entries()) {
        this.#index.remove(String(n));
        this.#index.add(subscription(n, filter));
      }
    });
  }

  readonly #onMatch = () => {
    this.#matches += 1;
  };
}

function subscription(n: number, filter: Filter) {
  return { id: String(n), tenant: 'main', topic: 'observation', filter } as const;
}

function eventsOn(streams: number, random: () => number): ObservationEntry[] {
  const log = new MemoryLog();
  return Array.from({ length: EVENTS }, (_, n) => {
    const stream = log.stream(n, { uuid: uuid(Math.floor(random() * streams)) });
    return log.put(stream, n, (random() * 1_000_000).toFixed(3));
  });
}

/**
 * What a server does between two events drives the index out of the processor's caches; a loop that does nothing else
 * would only compare how much of an index fits into them.
 */
function forgetCaches(): void {
  for (let at = 0; at < ELSEWHERE.length; at += 8) ELSEWHERE[at] = (ELSEWHERE[at] ?? 0) + 1;
}
const ELSEWHERE = new Float64Array(1_048_576);

/** Microseconds. */
function perEvent(events: number, run: () => void): number {
  const from = performance.now();
  run();
  return ((performance.now() - from) * 1_000) / events;
}
