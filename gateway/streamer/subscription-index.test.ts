import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allOf,
  type Condition,
  EVERYTHING,
  type Filter,
  type FilterField,
} from '../../schema/filter/form.ts';
import type { ObservationDocument } from '../../schema/log-entry.ts';
import type { InternalSubscription } from '../registry/registry.ts';
import { arbitraryFilter, arbitraryTime, arbitraryValue, NAMES, TAGS } from '../testing/arbitrary-filter.ts';
import { satisfies } from '../testing/brute-force.ts';
import { MemoryLog } from '../testing/memory-log.ts';
import type { Change } from './change.ts';
import { wanted } from './index/group.ts';
import type { Matchable } from './matchable.ts';
import { compile } from './predicate.ts';
import { SubscriptionIndex } from './subscription-index.ts';

const UUIDS = ['u-1', 'u-2', 'u-3', 'u-4'];

const arbitraryDocument: fc.Arbitrary<ObservationDocument> = fc
  .record({
    uuid: fc.constantFrom(...UUIDS),
    name: fc.constantFrom(...NAMES),
    secondary: fc.option(fc.constantFrom(...NAMES)),
    // A tag may be there twice.
    tags: fc.array(fc.constantFrom(...TAGS), { maxLength: 4 }),
    value: arbitraryValue,
    observedAt: arbitraryTime,
  })
  .map(({ value, observedAt, ...stream }) => ({
    stream: new MemoryLog().stream(1, stream),
    value,
    observedAt,
    position: 1,
    ts: 1,
    hash: 'ab',
    provider: 'test',
    revision: 0,
    retracted: false,
  }));

function subscription(id: string, filter: Filter): InternalSubscription {
  return { id, tenant: 'main', topic: 'observation', filter };
}

describe('a compiled filter', () => {
  it('holds exactly where the definition says so', () => {
    fc.assert(
      fc.property(arbitraryFilter(UUIDS), arbitraryDocument, (filter, document) => {
        expect(compile(filter)(document)).toBe(satisfies(document, filter));
      }),
      { numRuns: 2_000 },
    );
  });

  it('asks nothing of a field without a value but ne', () => {
    const document = { stream: new MemoryLog().stream(1) };
    const about = (op: 'eq' | 'ne' | 'contains', value: string): Filter => ({
      kind: 'is',
      field: 'stream.target',
      op,
      value,
    });
    expect(compile(about('ne', 'x'))(document)).toBe(true);
    expect(compile(about('eq', ''))(document)).toBe(false);
    expect(compile(about('contains', ''))(document)).toBe(false);
    expect(compile({ kind: 'is', field: 'value', op: 'lt', value: '1' })(document)).toBe(false);
    expect(compile(EVERYTHING)(document)).toBe(true);
  });
});

/** Things that lack what conditions may be about: a comparison of an absent value holds only where it is negated. */
const arbitraryBareThing = arbitraryDocument.map(({ stream }): Matchable => ({ stream }));

describe('the subscription index', () => {
  it('finds what asking every subscription finds, while they come and go', () => {
    const filters = fc.array(arbitraryFilter(UUIDS), { minLength: 1, maxLength: 120, size: 'max' });
    const versions = fc.record({ before: fc.option(arbitraryDocument), after: fc.option(arbitraryDocument) });
    fc.assert(
      fc.property(
        filters,
        fc.array(versions, { maxLength: 5 }),
        fc.infiniteStream(fc.boolean()),
        (given, changes, stay) => {
          const index = new SubscriptionIndex();
          given.forEach((filter, n) => {
            index.add(subscription(String(n), filter));
          });
          const left = given
            .map((filter, n) => ({ filter, id: String(n) }))
            .filter(({ id }) => {
              if (stay.next().value) return true;
              index.remove(id);
              return false;
            });
          expect(index.size).toBe(left.length);
          for (const change of changes) expect(found(index, change)).toEqual(scan(left, change));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('finds the same after any coming and going', () => {
    const filters = fc.array(arbitraryFilter(UUIDS), { minLength: 1, maxLength: 40, size: 'max' });
    const moves = fc.array(fc.nat(39), { maxLength: 300, size: 'max' });
    // Hashes that mostly collide: filters are told apart all the same.
    const hashes = fc.constantFrom(
      undefined,
      () => 7,
      (text: string) => text.length % 3,
    );
    fc.assert(
      fc.property(filters, moves, arbitraryDocument, hashes, (given, order, after, hash) => {
        const index = new SubscriptionIndex(hash);
        const there = new Map<string, Filter>();
        for (const n of order) {
          const id = String(n % given.length);
          const filter = given[n % given.length];
          if (filter && !there.delete(id)) {
            there.set(id, filter);
            index.add(subscription(id, filter));
          } else index.remove(id);
        }
        const left = [...there].map(([id, filter]) => ({ id, filter }));
        expect(found(index, { before: null, after })).toEqual(scan(left, { before: null, after }));
        expect(index.filters).toBe(new Set(left.map(({ filter }) => wanted(filter).key)).size);
      }),
      { numRuns: 300 },
    );
  });

  it('judges things without the fields that are asked about as each filter by itself does', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryFilter(UUIDS), { minLength: 20, maxLength: 60 }),
        arbitraryBareThing,
        (filters, thing) => {
          const index = indexOf(filters);
          const expected = filters.flatMap((filter, n) => (compile(filter)(thing) ? [`${n} CREATE`] : []));
          expect(found(index, { before: null, after: thing })).toEqual(expected.sort());
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps one rule for all subscriptions of a filter, however its parts are ordered', () => {
    const high: Filter = { kind: 'is', field: 'value', op: 'gt', value: '1' };
    const here: Filter = { kind: 'is', field: 'stream.uuid', op: 'eq', value: 'u-1' };
    const index = indexOf([
      { kind: 'and', of: [high, here] },
      { kind: 'and', of: [here, high, here] },
      {
        kind: 'not',
        of: {
          kind: 'or',
          of: [
            { kind: 'not', of: high },
            { kind: 'not', of: here },
          ],
        },
      },
      high,
    ]);
    expect([index.size, index.filters]).toEqual([4, 2]);
    for (const id of ['0', '1', '2']) index.remove(id);
    expect([index.size, index.filters]).toEqual([1, 1]);
  });

  it('asks few of many subscriptions, whatever they are filtered by', () => {
    const count = 20_000;
    const filters = (make: (n: number) => Filter) =>
      indexOf(Array.from({ length: count }, (_, n) => make(n)));
    const about = (field: FilterField, op: Condition['op'], value: string | number): Filter => {
      return { kind: 'is', field, op, value };
    };
    const thing = { ...new MemoryLog().put(new MemoryLog().stream(1, { uuid: 'u-7' }), 5, '700.5').document };
    const indexes = [
      filters((n) => about('stream.uuid', 'eq', `u-${n}`)),
      filters((n) => ({ kind: 'is', field: 'stream.uuid', op: 'in', value: [`u-${n}`, `u-${n + 1}`] })),
      filters((n) => allOf([about('value', 'gte', String(n)), about('value', 'lt', String(n + 1))])),
      filters((n) => allOf([about('provider', 'eq', 'test'), about('value', 'eq', `${n}.5`)])),
    ];
    for (const index of indexes) {
      let asked = 0;
      const counted = new Proxy(thing, {
        get: (target, key, receiver) => {
          asked += 1;
          return Reflect.get(target, key, receiver);
        },
      });
      expect(found(index, { before: null, after: counted }).length).toBeLessThanOrEqual(2);
      expect(asked).toBeLessThan(50);
    }
  });

  it.each([
    ['alternatives of one filter', 1],
    ['filters of many subscriptions', 20],
  ])('has few places for memberships whose values multiply, in %s', (_, subscriptions) => {
    const within = (field: FilterField, n: number): Filter => ({
      ...{ kind: 'is', field, op: 'in' },
      value: Array.from({ length: 10 }, (__, at) => (at === n % 10 ? `${field} is this` : `${field} ${at}`)),
    });
    const fields: readonly FilterField[] = ['stream.name', 'stream.secondary', 'provider', 'hash'];
    const memberships = Array.from({ length: 10 }, (__, n) => fields.map((field) => within(field, n))).flat();
    const ranges = Array.from({ length: 12 }, (__, n): Filter => {
      return { kind: 'is', field: 'value', op: 'gt', value: String(n) };
    });
    const hostile = (n: number): Filter => ({
      kind: 'and',
      of: [...memberships, subscriptions === 1 ? { kind: 'or', of: ranges } : (ranges[n % 12] ?? EVERYTHING)],
    });
    const index = new SubscriptionIndex();
    const all = Array.from({ length: subscriptions }, (__, n) => subscription(String(n), hostile(n)));
    for (const one of all) index.add(one);
    const document = {
      ...{
        stream: new MemoryLog().stream(1, {
          name: 'stream.name is this',
          secondary: 'stream.secondary is this',
        }),
      },
      ...{
        provider: 'provider is this',
        hash: 'hash is this',
        value: '6.5',
        observedAt: 1,
        position: 1,
        ts: 1,
      },
      ...{ revision: 0, retracted: false },
    };
    const matches = (after: Matchable) => found(index, { before: null, after }).length;
    expect(matches(document)).toBe(all.filter(({ filter }) => compile(filter)(document)).length);
    expect(matches(document)).toBeGreaterThan(0);
    expect(matches({ ...document, provider: 'another' })).toBe(0);
    for (const { id } of all) index.remove(id);
    expect([index.size, index.filters, matches(document)]).toEqual([0, 0, 0]);
  });

  it('tells decimals apart that are the same double', () => {
    const index = new SubscriptionIndex();
    const bounds = Array.from({ length: 40 }, (_, n) => `0.1${'0'.repeat(20)}${String(n + 10)}1`);
    for (const sign of ['', '-']) {
      for (const bound of bounds.map((text) => sign + text)) {
        for (const op of ['gt', 'gte', 'lt', 'lte'] as const) {
          const filter: Filter = { kind: 'is', field: 'value', op, value: bound };
          index.add(subscription(`${op} ${bound}`, filter));
        }
      }
    }
    const all = ['', '-'].flatMap((sign) => bounds.map((bound) => sign + bound));
    const [document] = fc.sample(arbitraryDocument, 1);
    if (!document) throw new Error('there is no document');
    for (const value of all) {
      const expected = all.flatMap((bound) =>
        (['gt', 'gte', 'lt', 'lte'] as const)
          .filter((op) => compile({ kind: 'is', field: 'value', op, value: bound })({ ...document, value }))
          .map((op) => `${op} ${bound}`),
      );
      const ids: string[] = [];
      index.match({ before: null, after: { ...document, value } }, ({ id }) => ids.push(id));
      expect(ids.sort()).toEqual(expected.sort());
    }
  });

  it('keeps the right ones of many whose filters share a value', () => {
    // Some are found by it alone, of which a few or many have the same filter, and some have more to be asked.
    const filterOf = (n: number): Filter => {
      const uuids: Filter = { kind: 'is', field: 'stream.uuid', op: 'in', value: ['u-1', `u-${n % 45}`] };
      const bound: Filter = { kind: 'is', field: 'value', op: 'gte', value: String(n % 7) };
      return n % 11 === 0 ? allOf([uuids, bound]) : uuids;
    };
    const filters = Array.from({ length: 120 }, (_, n) => filterOf(n));
    // Few at first, or many that go again.
    const moves = fc.tuple(fc.nat(120), fc.array(fc.nat(119), { maxLength: 300, size: 'max' }));
    const versions = fc.tuple(arbitraryDocument, arbitraryDocument);
    fc.assert(
      fc.property(moves, versions, ([first, further], [before, after]) => {
        const index = new SubscriptionIndex();
        const there = new Map<number, { id: string; filter: Filter }>();
        for (const n of [...Array(first).keys(), ...further]) {
          const filter = filters[n] ?? EVERYTHING;
          if (there.delete(n)) index.remove(String(n));
          else {
            there.set(n, { id: String(n), filter });
            index.add(subscription(String(n), filter));
          }
        }
        const change = { before, after };
        expect(found(index, change)).toEqual(scan([...there.values()], change));
      }),
      { numRuns: 200 },
    );
  });

  it('keeps the right ones of many with one filter', () => {
    const filter: Filter = { kind: 'is', field: 'provider', op: 'eq', value: 'test' };
    const [after] = fc.sample(arbitraryDocument, 1);
    if (!after) throw new Error('there is no document');
    fc.assert(
      fc.property(fc.array(fc.nat(79), { maxLength: 400, size: 'max' }), (order) => {
        const index = new SubscriptionIndex();
        const there = new Set<string>();
        const moves = [...Array(80).keys(), ...order].map(String);
        for (const id of moves) {
          if (there.delete(id)) index.remove(id);
          else {
            there.add(id);
            index.add(subscription(id, filter));
          }
        }
        const ids: string[] = [];
        index.match({ before: null, after }, ({ id }) => ids.push(id));
        expect(ids.sort()).toEqual([...there].sort());
        expect(index.filters).toBe(there.size > 0 ? 1 : 0);
      }),
      { numRuns: 50 },
    );
  });
});

function indexOf(filters: readonly Filter[]): SubscriptionIndex {
  const index = new SubscriptionIndex();
  filters.forEach((filter, n) => {
    index.add(subscription(String(n), filter));
  });
  return index;
}

function found(index: SubscriptionIndex, change: Change): string[] {
  const all: string[] = [];
  index.match(change, ({ id }, as) => {
    all.push(`${id} ${as}`);
  });
  return all.sort();
}

function scan(
  all: readonly { id: string; filter: Filter }[],
  { before, after }: { before: ObservationDocument | null; after: ObservationDocument | null },
): string[] {
  return all
    .flatMap(({ id, filter }) => {
      const was = before !== null && satisfies(before, filter);
      const is = after !== null && satisfies(after, filter);
      return was || is ? [`${id} ${was ? (is ? 'UPDATE' : 'DELETE') : 'CREATE'}`] : [];
    })
    .sort();
}
