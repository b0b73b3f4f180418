import type pg from 'pg';
import { COLLECTING_AT } from '../../server/domain/lineage/questions/collecting.ts';
import { COVERAGE_GAPS } from '../../server/domain/lineage/questions/gaps.ts';
import { QuestionService } from '../../server/domain/lineage/questions/question-service.ts';
import { STREAM_TIMELINE } from '../../server/domain/lineage/questions/timeline.ts';
import { DEFAULT_LINEAGE_SETTINGS } from '../../server/domain/lineage/settings.ts';
import { StreamCatalog } from '../../server/domain/stream/stream-catalog.ts';
import { createTenant } from '../../server/domain/tenant/create-tenant.ts';
import type { Database } from '../../server/storage/database.ts';
import type { BenchModule, Figure } from './bench-module.ts';

/** Sessions of one stream, ten thousand a month one after the other, with a gap after every hundredth. */
const A_MONTH = 10_000;
const MONTH_MS = 30 * 86_400_000;
const SESSION_MS = MONTH_MS / A_MONTH;
const DAY_MS = 86_400_000;
const END = Date.UTC(2026, 0, 1);
const MOST = Number(process.env.PRESAGE_BENCH_SESSIONS ?? 1_000_000);

/** Timeline, point-in-time and gaps of a stream with 10⁴ and with 10⁶ sessions. */
export const questions: BenchModule = {
  name: 'questions',
  run: async (database, say) => {
    const stream = await furnish(database);
    const settings = DEFAULT_LINEAGE_SETTINGS;
    const { tenants } = database;
    const service = new QuestionService(tenants, new StreamCatalog(tenants), settings);
    const figures: Figure[] = [];
    const medians = new Map<string, number[]>();
    for (const sessions of [A_MONTH, MOST]) {
      const began = performance.now();
      await fill(database.pool, stream.id, sessions);
      say(
        `${sessions.toLocaleString('en')} sessions, made in ${Math.round((performance.now() - began) / 1_000)} s`,
      );
      for (const [what, runs, ask] of asked(service, stream.uuid, sessions)) {
        const { p50, p99 } = await timed(runs, ask);
        const part = `${what}, ${sessions.toLocaleString('en')}`;
        figures.push(
          { part, what: 'p50', value: p50, unit: 'ms' },
          { part, what: 'p99', value: p99, unit: 'ms' },
        );
        medians.set(what, [...(medians.get(what) ?? []), p50]);
      }
    }
    for (const [what, [small = 1, large = 1]] of medians) {
      figures.push({ part: `${what}, growth`, what: 'p50', value: large / small, unit: '×' });
    }
    await explain(database, stream.id, say);
    return figures;
  },
};

type Asked = readonly [what: string, runs: number, ask: () => Promise<unknown>];

function asked(service: QuestionService, streamUuid: string, sessions: number): readonly Asked[] {
  const begin = END - sessions * SESSION_MS;
  const instant = (margin: number) => begin + Math.random() * (END - begin - margin);
  const stretch = (length: number) => {
    const from = instant(length);
    return { from, to: from + length };
  };
  const gaps = { streamUuid, kind: 'COVERAGE', minMs: 0, factor: 3, limit: 10_000 } as const;
  return [
    ['point in time', 200, () => service.collectingAt('default', streamUuid, instant(0))],
    [
      'timeline of a day',
      100,
      () => service.timeline('default', { streamUuid, stretch: stretch(DAY_MS), limit: 1_000 }),
    ],
    ['gaps of a day', 100, () => service.gaps('default', { ...gaps, stretch: stretch(DAY_MS) })],
    [
      'timeline of a month',
      15,
      () => service.timeline('default', { streamUuid, stretch: stretch(MONTH_MS), limit: 10_000 }),
    ],
    ['gaps of a month', 15, () => service.gaps('default', { ...gaps, stretch: stretch(MONTH_MS) })],
  ];
}

async function timed(runs: number, ask: () => Promise<unknown>): Promise<{ p50: number; p99: number }> {
  for (let warm = 0; warm < 3; warm += 1) await ask();
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    await ask();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(runs - 1, Math.floor(runs * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

async function furnish(database: Database): Promise<{ id: number; uuid: string }> {
  const { pool } = database;
  await createTenant(database, 'default');
  await pool.query("INSERT INTO peers (tenant, public_key) VALUES ('default', 'k')");
  const { rows } = await pool.query<{ id: number; uuid: string }>(
    `INSERT INTO streams (uuid, tenant, name, author, created_at) VALUES (gen_random_uuid(), 'default', 's', 'k', '2000-01-01') RETURNING id, uuid`,
  );
  await pool.query(
    `INSERT INTO server_instances (id, tenant, name, run, version, host, storage_path, environment, client_id,
                                   registered_at, seen_at)
     VALUES (1, 'default', 'i', gen_random_uuid(), '1', 'h', '/', 'bench', 'k', now(), now())`,
  );
  if (!rows[0]) throw new Error('no stream');
  return rows[0];
}

const RANGES = [
  'ALTER TABLE collection_sessions DROP CONSTRAINT IF EXISTS sessions_of_a_source_do_not_overlap',
  'ALTER TABLE session_streams DROP CONSTRAINT IF EXISTS streams_of_a_session_do_not_overlap',
  'DROP INDEX IF EXISTS by_stream',
];

/**
 * The index by which a stream's periods are found is made after the rows, as what the constraint has but without its
 * check, which takes minutes for a million rows that are made to fit; that of sessions among each other is not asked here.
 */
async function fill(pool: pg.Pool, stream: number, sessions: number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('TRUNCATE session_streams, collection_sessions');
    for (const statement of RANGES) await client.query(statement);
    // Rows are made to fit: foreign keys need not be looked up one by one.
    await client.query('SET session_replication_role = replica');
    await client.query(
      `INSERT INTO collection_sessions (id, tenant, instance_id, source, status, started_at, ended_at, heartbeat_at,
                                        config, messages)
       SELECT n, 'default', 1, 'x', 'COMPLETED', g.started, g.ended, g.ended, '{}', n
         FROM (SELECT n, to_timestamp(($1::float8 + n * $2::float8) / 1000) AS started,
                      to_timestamp(($1::float8 + (n + CASE WHEN n % 100 = 0 THEN 0.5 ELSE 1 END) * $2::float8) / 1000) AS ended
                 FROM generate_series(0, $3::int - 1) AS n) AS g`,
      [END - sessions * SESSION_MS, SESSION_MS, sessions],
    );
    await client.query(
      `INSERT INTO session_streams (tenant, session_id, stream_id, kinds, started_at, ended_at, messages)
       SELECT 'default', id, $1, '{price}', started_at, ended_at, messages FROM collection_sessions ORDER BY id`,
      [stream],
    );
    await client.query('SET session_replication_role = DEFAULT');
    await client.query(
      'CREATE INDEX by_stream ON session_streams USING gist (stream_id, period, session_id)',
    );
    await client.query('VACUUM ANALYZE collection_sessions, session_streams');
  } finally {
    client.release();
  }
}

/** Shows the plans, and that of the look-up inside the function, with the longest table. */
async function explain(database: Database, stream: number, say: (line: string) => void): Promise<void> {
  const to = END - 10 * DAY_MS;
  const statements: readonly (readonly [string, string, readonly unknown[]])[] = [
    ['point in time', COLLECTING_AT, ['default', null, 15_000, stream, to]],
    ['timeline of a day', STREAM_TIMELINE, ['default', null, 15_000, to - DAY_MS, to, 1_000, stream]],
    ['gaps of a day', COVERAGE_GAPS, ['default', null, 15_000, to - DAY_MS, to, stream, 0, 3, 1_000]],
  ];
  for (const [what, text, values] of statements) {
    const { rows } = await database.tenants
      .of('default')
      .query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) ${literal(text, values)}`);
    say(`\nPlan of ${what}:`);
    for (const row of rows) say(`  ${row['QUERY PLAN'].slice(0, 130)}`);
  }
  const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) SELECT * FROM session_streams x
      WHERE x.stream_id = ${stream} AND x.tenant = 'default'
        AND x.period && tstzrange(to_timestamp(${(to - DAY_MS) / 1_000}), to_timestamp(${to / 1_000}))`,
  );
  say('\nPlan of the look-up in presage_stream_periods:');
  for (const row of rows) say(`  ${row['QUERY PLAN'].slice(0, 130)}`);
}

function literal(text: string, values: readonly unknown[]): string {
  return text.replace(/\$(\d+)/g, (_, n: string) => {
    const value = values[Number(n) - 1];
    return value === null ? 'NULL' : typeof value === 'number' ? String(value) : `'${String(value)}'`;
  });
}
