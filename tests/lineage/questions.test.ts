import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QuestionService } from '../../server/domain/lineage/questions/question-service.ts';
import { DEFAULT_LINEAGE_SETTINGS } from '../../server/domain/lineage/settings.ts';
import { StreamCatalog } from '../../server/domain/stream/stream-catalog.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';
import {
  coverageGaps,
  dataGaps,
  type History,
  type Period,
  timelineOf,
  whoCollected,
} from './brute-force.ts';

/** All times are whole seconds on a short line, so that edges meet often. */
const LINE = 60;
const SECOND = 1_000;
const BASE = Date.UTC(2026, 0, 1);
const PATIENCE = 5;
const CADENCE = 2;
const at = (second: number) => BASE + second * SECOND;

let db: TestDatabase;
let questions: QuestionService;
let now = at(LINE);
let stream = { uuid: '', serverId: 0 };

beforeAll(async () => {
  db = await openTestDatabase();
  const domain = await openTestDomain(db.database);
  const actor = await makeActor(db.database, 'collector');
  stream = await domain.streams.create(actor, { name: 'a', cadenceSeconds: CADENCE });
  const settings = { ...DEFAULT_LINEAGE_SETTINGS, heartbeatTimeoutMs: PATIENCE * SECOND };
  const { tenants } = db.database;
  questions = new QuestionService(tenants, new StreamCatalog(tenants), settings, () => now);
});
afterAll(() => db.close());

const second = fc.integer({ min: 0, max: LINE });
/** Sessions of instances of their own, so that any of them may overlap; open ones have a heartbeat, fresh or stale. */
const periods = fc.array(
  fc
    .record({ a: second, b: second, open: fc.boolean(), messages: fc.integer({ min: 0, max: 9 }) })
    .map(({ a, b, open, messages }): Period => {
      const [start, end] = a < b ? [a, b] : [b, a];
      return { start: at(start), end: open ? null : at(end), heartbeat: at(end), messages };
    }),
  { maxLength: 8 },
);
const history = fc.record({
  periods,
  observations: fc.uniqueArray(second, { maxLength: 25 }).map((all) => all.sort((a, b) => a - b).map(at)),
  now: fc.integer({ min: LINE / 2, max: LINE + 10 }).map(at),
});
const stretch = fc
  .tuple(second, second)
  .map(([a, b]) => ({ from: at(Math.min(a, b)), to: at(Math.max(a, b)) }));

async function write({
  periods: all,
  observations,
}: Pick<History, 'periods' | 'observations'>): Promise<void> {
  await db.database.pool.query(
    'TRUNCATE session_streams, collection_sessions, instance_streams, server_instances, observations RESTART IDENTITY CASCADE',
  );
  await db.database.pool.query(
    `WITH given AS (
       SELECT n, to_timestamp(start / 1000) AS start, to_timestamp("end" / 1000) AS end,
              to_timestamp(heartbeat / 1000) AS heartbeat, messages
         FROM jsonb_to_recordset($1) AS g(n int, start float8, "end" float8, heartbeat float8, messages int)
     ), i AS (
       INSERT INTO server_instances (id, tenant, name, run, version, host, storage_path, environment, client_id,
                                     registered_at, seen_at)
       SELECT n, 'default', 'i' || n, gen_random_uuid(), '1', 'h', '/', 'test', 'k', start, heartbeat FROM given
     ), c AS (
       INSERT INTO collection_sessions (id, tenant, instance_id, source, status, started_at, ended_at, heartbeat_at,
                                        config, messages)
       SELECT n, 'default', n, 'x', (CASE WHEN given.end IS NULL THEN 'ACTIVE' ELSE 'COMPLETED' END)::"SessionStatus",
              start, given.end, heartbeat, 'null', messages FROM given
     )
     INSERT INTO session_streams (tenant, session_id, stream_id, started_at, ended_at, messages)
     SELECT 'default', n, $2, start, given.end, messages FROM given`,
    [JSON.stringify(all.map((period, index) => ({ ...period, n: index + 1 }))), stream.serverId],
  );
  await db.database.pool.query(
    `INSERT INTO observations (tenant, position, stream_id, observed_at, value, hash, provider, ts)
     SELECT 'default', n, $2, to_timestamp(at / 1000), 1, sha256(n::text::bytea), 'x', now()
       FROM unnest($1::float8[]) WITH ORDINALITY AS g(at, n)`,
    [observations, stream.serverId],
  );
}

async function property<T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => Promise<void>): Promise<void> {
  await fc.assert(fc.asyncProperty(arbitrary, check), { numRuns: Number(process.env.PRESAGE_RUNS ?? 40) });
}

describe('whatever sessions overlap, go on or were never closed', () => {
  it('says who was collecting at an instant', async () => {
    await property(fc.tuple(history, second), async ([given, instant]) => {
      now = given.now;
      await write(given);
      const found = await questions.collectingAt('default', stream.uuid, at(instant));
      const expected = whoCollected({ ...given, patience: PATIENCE * SECOND }, at(instant));
      expect(found.map(({ sessionId, endedAt, open }) => ({ sessionId, endedAt, open }))).toEqual(expected);
    });
  });

  it('tells the timeline of a stream, and of everything', async () => {
    await property(
      fc.tuple(history, stretch, fc.integer({ min: 1, max: 9 })),
      async ([given, asked, limit]) => {
        now = given.now;
        await write(given);
        const expected = timelineOf({ ...given, patience: PATIENCE * SECOND }, asked, limit);
        for (const streamUuid of [stream.uuid, null]) {
          const { entries, total, messages, coveredMs } = await questions.timeline('default', {
            ...{ streamUuid, stretch: asked, limit },
          });
          const listed = entries.map(({ sessionId, durationMs, messages }) => ({
            sessionId,
            durationMs,
            messages,
          }));
          expect({ listed, total, messages, coveredMs }).toEqual(expected);
        }
      },
    );
  });

  it('finds when nobody was collecting', async () => {
    await property(
      fc.tuple(history, stretch, fc.integer({ min: 0, max: 10 }), fc.integer({ min: -10, max: LINE + 10 })),
      async ([given, asked, least, second]) => {
        now = given.now;
        await write(given);
        // Nobody is missing where there is no stream yet.
        const born = at(second);
        await db.database.pool.query(
          'UPDATE streams SET created_at = to_timestamp($1::float8 / 1000) WHERE id = $2',
          [born, stream.serverId],
        );
        const minMs = least * SECOND;
        const found = await questions.gaps('default', {
          ...{ streamUuid: stream.uuid, kind: 'COVERAGE', stretch: asked, minMs, factor: 3, limit: 1_000 },
        });
        const expected = coverageGaps(
          { ...given, patience: PATIENCE * SECOND },
          { ...asked, from: Math.max(asked.from, born) },
          minMs,
        );
        expect(found.map(({ from, to, open }) => ({ from, to, open }))).toEqual(expected);
      },
    );
  });

  it('finds where observations lie too far apart', async () => {
    await property(fc.tuple(history, stretch, fc.constantFrom(1, 2, 3.5)), async ([given, asked, factor]) => {
      now = given.now;
      await write(given);
      const found = await questions.gaps('default', {
        ...{ streamUuid: stream.uuid, kind: 'DATA', stretch: asked, minMs: 0, factor, limit: 1_000 },
      });
      const expected = dataGaps(given, asked, factor * CADENCE * SECOND);
      expect(found.map(({ from, to, open }) => ({ from, to, open }))).toEqual(expected);
    });
  });
});

describe('what is asked wrongly', () => {
  const asked = { streamUuid: null, kind: null, stretch: { from: 1, to: 0 }, minMs: 0, factor: 3, limit: 10 };

  it('is refused with what to do', async () => {
    const right = { ...asked, stretch: { from: 0, to: 1 } };
    await expect(questions.gaps('default', asked)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    for (const wrong of [
      { minMs: -1 },
      { factor: 0.5 },
      { limit: 0 },
      { limit: 10_001 },
      { factor: Number.NaN },
    ]) {
      await expect(questions.gaps('default', { ...right, ...wrong })).rejects.toMatchObject({
        code: 'BAD_INPUT',
      });
    }
    const none = '4c3a6f0e-0000-4000-8000-000000000000';
    await expect(questions.collectingAt('default', none, 0)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(questions.gaps('default', right)).resolves.toBeInstanceOf(Array);
  });
});
