import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile, compileConjunction } from '../gateway/streamer/predicate.ts';
import { SubscriptionIndex } from '../gateway/streamer/subscription-index.ts';
import { arbitraryFilter, NAMES, TAGS, VALUES } from '../gateway/testing/arbitrary-filter.ts';
import type { Filter } from '../schema/filter/form.ts';
import { normalise } from '../schema/filter/normalise.ts';
import type { LogEntry, ObservationDocument } from '../schema/log-entry.ts';
import type { Actor } from '../server/domain/actor.ts';
import type { OpenDomain } from '../server/domain/open-domain.ts';
import { openTestDatabase, type TestDatabase } from './support/database.ts';
import { makeActor, openTestDomain } from './support/domain.ts';

const PAGE = { limit: 1_000, backward: false };

let db: TestDatabase;
let domain: OpenDomain;
let actor: Actor;
let everything: readonly ObservationDocument[];
const uuids: string[] = [];

beforeAll(async () => {
  db = await openTestDatabase();
  domain = await openTestDomain(db.database);
  actor = await makeActor(db.database, 'ada');
  for (const [index, name] of NAMES.entries()) {
    const secondary = index === 0 ? null : name;
    const { uuid } = await domain.streams.create(actor, { name, secondary, tags: TAGS.slice(0, index) });
    uuids.push(uuid);
    const items = VALUES.map((value, ms) => ({
      streamUuid: uuid,
      value,
      observedAt: new Date(ms).toISOString(),
    }));
    await domain.observations.publish(actor, items);
  }
  const { items } = await domain.observations.list('default', { kind: 'and', of: [] }, PAGE);
  everything = items.map(({ node }) => node);
  expect(everything).toHaveLength(NAMES.length * VALUES.length);
});
afterAll(() => db.close());

const keysOf = (documents: Iterable<ObservationDocument>) => [...documents].map(({ position }) => position);

describe('a filter', () => {
  it('finds in SQL what the streamer matches', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryFilter(uuids), async (filter: Filter) => {
        const { items } = await domain.observations.list('default', filter, PAGE);
        const found = keysOf(items.map(({ node }) => node));
        expect(found).toEqual(keysOf(everything.filter(compile(filter))));
        // Written out as alternatives, and looked up in an index, it means the same.
        const alternatives = normalise(filter, 4_096).map(compileConjunction);
        const holds = (document: ObservationDocument) => alternatives.some((matches) => matches(document));
        expect(found).toEqual(keysOf(everything.filter(holds)));
        const index = new SubscriptionIndex();
        index.add({ id: 's', tenant: 'default', topic: 'observation', filter });
        const indexed = everything.filter((after) => {
          let matches = 0;
          index.match({ before: null, after }, () => {
            matches += 1;
          });
          return matches === 1;
        });
        expect(found).toEqual(keysOf(indexed));
      }),
      { numRuns: 200 },
    );
  });

  it('never keeps a matching entry from a reader of the log', async () => {
    const [first] = everything;
    const ref = { streamServerId: first?.stream.serverId ?? 0, observedAt: first?.observedAt ?? 0 };
    await domain.observations.correct(actor, ref, '9');
    await domain.observations.retract(actor, ref);
    const through = await domain.reader.head('default');
    const range = { tenant: 'default', topics: ['observation'] as const, after: 0, through, limit: 1_000 };
    const whole = (await domain.reader.read(range)).entries;
    await fc.assert(
      fc.asyncProperty(arbitraryFilter(uuids), async (filter) => {
        const { entries } = await domain.reader.read({ ...range, filter });
        const read = new Set(entries.map(({ position }) => position));
        const matches = compile(filter);
        const concerns = (entry: LogEntry) =>
          entry.topic === 'observation' &&
          (matches(entry.document) || (entry.before !== undefined && matches(entry.before)));
        expect(whole.filter(concerns).filter(({ position }) => !read.has(position))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['a percent sign', { contains: '%' }],
    ['an underscore', { contains: '_' }],
    ['a backslash', { contains: '\\' }],
    ['a quote', { eq: "x' OR TRUE --" }],
  ])('takes %s as it is', async (_, ops) => {
    const [op, value] = Object.entries(ops)[0] ?? [];
    const filter = { kind: 'is', field: 'stream.name', op, value } as Filter;
    expect((await domain.observations.list('default', filter, PAGE)).items).toEqual([]);
  });
});
