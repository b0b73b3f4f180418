import { changeOf, judge } from '../../gateway/streamer/change.ts';
import { compile } from '../../gateway/streamer/predicate.ts';
import { SubscriptionIndex } from '../../gateway/streamer/subscription-index.ts';
import { MemoryLog } from '../../gateway/testing/memory-log.ts';
import { randomFrom } from '../../gateway/testing/random.ts';
import type { Filter } from '../../schema/filter/form.ts';
import { allOf } from '../../schema/filter/form.ts';
import type { ObservationEntry } from '../../schema/log-entry.ts';
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
  const measured = sizes.map((count) => ({ count, ...measure(shape, count, seed) }));
  const [smallest] = measured;
  return measured.flatMap(({ count, indexed, scanned, matches, added }, at): Line[] => {
    const what = `matching, ${shape.name}, ${count.toLocaleString('en')} (${matches.toFixed(1)} match)`;
    const flat: Line = {
      what,
      unit: 'µs/event',
      ours: indexed,
      peer: `the same of ${sizes[0]?.toLocaleString('en')}`,
      theirs: smallest?.indexed ?? Number.NaN,
      ratio: indexed / (smallest?.indexed ?? Number.NaN),
      ...(count === 100_000 && { bound: { kind: 'at most', ratio: 2 } }),
    };
    const scan: Line = {
      what,
      unit: 'µs/event',
      ours: indexed,
      peer: 'asking each',
      theirs: scanned,
      ratio: scanned / indexed,
      ...(count === 100_000 && { bound: { kind: 'at least', ratio: 100 } }),
    };
    const churn: Line = {
      what: `${what}: one comes, one goes`,
      unit: 'µs',
      ours: added,
      peer: 'one event matched',
      theirs: indexed,
      ratio: added / indexed,
    };
    return at === 0 ? [scan] : [flat, scan, churn];
  });
}

function measure(shape: Shape, count: number, seed: number) {
  const random = randomFrom(seed);
  const filters = Array.from({ length: count }, (_, n) => shape.filter(n, count, random));
  const events = eventsOn(shape.streams(count), random);
  const index = new SubscriptionIndex();
  const subscription = (n: number, filter: Filter) => {
    return { id: String(n), gatewayId: 'g', tenant: 'main', topic: 'observation', filter } as const;
  };
  for (const [n, filter] of filters.entries()) index.add(subscription(n, filter));
  let matches = 0;
  const onMatch = () => {
    matches += 1;
  };
  for (let warm = 0; warm < 20; warm += 1) {
    for (const event of events) index.match(changeOf(event), onMatch);
  }
  matches = 0;
  const indexed = percentile(
    events.map((event) => {
      forgetCaches();
      return perEvent(1, () => index.match(changeOf(event), onMatch));
    }),
    0.5,
  );
  const predicates = filters.map(compile);
  const some = events.slice(0, Math.max(3, Math.floor(1_000_000 / count)));
  let scannedMatches = 0;
  const scanned = perEvent(some.length, () => {
    for (const event of some) {
      const change = changeOf(event);
      for (const matchesFilter of predicates) if (judge(change, matchesFilter)) scannedMatches += 1;
    }
  });
  const moved = filters.slice(0, 2_000);
  const added = perEvent(moved.length, () => {
    for (const [n, filter] of moved.entries()) {
      index.remove(String(n));
      index.add(subscription(n, filter));
    }
  });
  const found = matches / events.length;
  if (scannedMatches === 0 || found === 0) throw new Error('nothing matched');
  return { indexed, scanned, added, matches: found };
}

function eventsOn(streams: number, random: () => number): ObservationEntry[] {
  const log = new MemoryLog();
  return Array.from({ length: 500 }, (_, n) => {
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
