import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVERYTHING, type Filter } from '../../schema/filter/form.ts';
import type { ObservationDocument } from '../../schema/log-entry.ts';
import type { InternalSubscription } from '../registry/registry.ts';
import { arbitraryFilter, arbitraryTime, arbitraryValue, NAMES, TAGS } from '../testing/arbitrary-filter.ts';
import { satisfies } from '../testing/brute-force.ts';
import { MemoryLog } from '../testing/memory-log.ts';
import type { Change } from './change.ts';
import { compile } from './predicate.ts';
import { SubscriptionIndex, streamsOf } from './subscription-index.ts';

const UUIDS = ['u-1', 'u-2', 'u-3', 'u-4'];

const arbitraryDocument: fc.Arbitrary<ObservationDocument> = fc
  .record({
    uuid: fc.constantFrom(...UUIDS),
    name: fc.constantFrom(...NAMES),
    secondary: fc.option(fc.constantFrom(...NAMES)),
    tags: fc.subarray(TAGS),
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
  return { id, gatewayId: 'g', tenant: 'main', topic: 'observation', filter };
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

describe('the subscription index', () => {
  it('finds what asking every subscription finds, while they come and go', () => {
    const filters = fc.array(arbitraryFilter(UUIDS), { minLength: 1, maxLength: 20 });
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
      { numRuns: 500 },
    );
  });

  it('knows the streams that a filter binds', () => {
    const on = (...value: string[]): Filter => ({ kind: 'is', field: 'stream.uuid', op: 'in', value });
    const high: Filter = { kind: 'is', field: 'value', op: 'gt', value: '1' };
    expect(streamsOf(on('a', 'b', 'a'))).toEqual(['a', 'b']);
    expect(streamsOf({ kind: 'and', of: [high, on('a', 'b'), on('a')] })).toEqual(['a']);
    expect(streamsOf({ kind: 'or', of: [on('a'), on('b')] })).toEqual(['a', 'b']);
    expect(streamsOf({ kind: 'or', of: [on('a'), high] })).toBeNull();
    expect(streamsOf({ kind: 'not', of: on('a') })).toBeNull();
    expect(streamsOf(EVERYTHING)).toBeNull();
  });
});

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
