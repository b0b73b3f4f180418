import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Filter } from '../../../schema/filter/form.ts';
import type { InternalSubscription } from '../../registry/registry.ts';
import { Group, wanted } from './group.ts';
import { type PostingList, Postings } from './postings.ts';

const LISTS = 4;
const LONGEST = 32;

/** The group of a filter with so many subscriptions. */
function group(name: string, size: number): Group {
  const filter: Filter = { kind: 'is', field: 'stream.uuid', op: 'eq', value: name };
  const made = Group.of(0, wanted(filter), subscription(`${name}.0`, filter));
  for (let n = 1; n < size; n += 1) made.add(subscription(`${name}.${n}`, filter));
  return made;
}

function subscription(id: string, filter: Filter): InternalSubscription {
  return { id, tenant: 'main', topic: 'observation', filter };
}

function contentOf(postings: Postings<Group>, list: PostingList | null): string[] {
  const ids: string[] = [];
  if (list === null) return ids;
  postings.visit(list, {
    sole: ({ id }) => ids.push(id),
    rule: ({ of }) => of.each(({ id }) => ids.push(id)),
  });
  return ids.sort();
}

function idsOf(groups: Iterable<Group>): string[] {
  const ids: string[] = [];
  for (const each of groups) each.each(({ id }) => ids.push(id));
  return ids.sort();
}

describe('posting lists', () => {
  // Groups of one, of a few that are listed each by itself, and of more than are.
  const groups = Array.from({ length: 40 }, (_, n) => group(`u-${n}`, n % 10 === 0 ? 40 : 1 + (n % 5)));
  const arbitraryMoves = fc.array(fc.record({ at: fc.nat(LISTS - 1), n: fc.nat(groups.length - 1) }), {
    maxLength: 200,
    size: 'max',
  });

  it('have what was put into them, in room of their own', () => {
    fc.assert(
      fc.property(arbitraryMoves, (moves) => {
        const postings = new Postings<Group>();
        const lists: (PostingList | null)[] = Array.from({ length: LISTS }, () => null);
        const expected = Array.from({ length: LISTS }, () => new Set<Group>());
        for (const { at, n } of moves) {
          const list = lists[at] ?? null;
          const content = expected[at];
          const moved = groups[n];
          if (!content || !moved) throw new Error('there is no such list or group');
          if (list !== null && content.delete(moved)) lists[at] = postings.without(list, moved);
          else {
            const grown = list === null ? postings.of(moved) : postings.with(list, moved);
            const length = [...content, moved].reduce((sum, { listed }) => sum + (listed?.length ?? 1), 0);
            expect(grown === null).toBe(length > LONGEST);
            if (grown === null) continue;
            lists[at] = grown;
            content.add(moved);
          }
          expect(contentOf(postings, lists[at] ?? null)).toEqual(idsOf(content));
        }
        for (const [at, list] of lists.entries()) {
          expect(contentOf(postings, list)).toEqual(idsOf(expected[at] ?? []));
          if (list !== null) expect(new Set(postings.release(list))).toEqual(expected[at]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('use again the room that others have left', () => {
    const postings = new Postings<Group>();
    const [first, ...more] = groups.filter(({ size }) => size === 1);
    if (!first) throw new Error('there is no group of one');
    const places = new Set<PostingList>();
    for (let round = 0; round < 100; round += 1) {
      let list = postings.of(first);
      for (const each of more) if (list !== null) list = postings.with(list, each);
      places.add(list ?? -1);
      for (const each of more) if (list !== null) list = postings.without(list, each);
      if (list !== null) postings.release(list);
    }
    expect(places.size).toBe(1);
  });
});
