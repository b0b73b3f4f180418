import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openDatabase } from '../server/storage/database.ts';
import { openTestDatabase, type TestDatabase } from './support/database.ts';
import { makeActor, openTestDomain } from './support/domain.ts';

const QUIET = { info: () => undefined, warn: () => undefined };
const PASSWORD = "p@ss:w/r?d#1%'";
/** What somebody may have set up for other programs. */
const ODD = [
  "TimeZone = 'Pacific/Apia'",
  "DateStyle = 'German, DMY'",
  "IntervalStyle = 'sql_standard'",
  "bytea_output = 'escape'",
  "default_transaction_isolation = 'serializable'",
  'extra_float_digits = -15',
];

let db: TestDatabase;
const asSuperuser = (statement: string) => db.database.pool.query(statement);

beforeAll(async () => {
  db = await openTestDatabase();
  await asSuperuser(`CREATE ROLE limited LOGIN PASSWORD '${PASSWORD.replaceAll("'", "''")}'`);
  for (const setting of ODD) await asSuperuser(`ALTER ROLE limited SET ${setting}`);
  await asSuperuser('CREATE DATABASE "Wetter-Daten"');
});
afterAll(() => db?.close());

/** The database of a user who is no superuser and owns nothing, in a schema of its own. */
function urlOf(schema = ''): string {
  const url = new URL(db.url);
  url.username = 'limited';
  url.pathname = '/Wetter-Daten';
  url.search = schema;
  return url.href.replace(/:[^:@]+@/, `:${encodeURIComponent(PASSWORD)}@`);
}

async function inDatabase(statement: string): Promise<void> {
  const url = new URL(db.url);
  url.pathname = '/Wetter-Daten';
  const client = new pg.Client(url.href);
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

it('says of each right that a user lacks what somebody has to run, and works then', async () => {
  const open = (schema?: string) => openDatabase(urlOf(schema), 5, QUIET);
  await expect(open()).rejects.toThrow('GRANT presage_tenant TO "limited";');
  await asSuperuser('GRANT presage_tenant TO limited');
  await expect(open()).rejects.toThrow('GRANT CREATE ON SCHEMA "public" TO "limited";');
  await expect(open('schema=a side')).rejects.toThrow('CREATE SCHEMA "a side" AUTHORIZATION "limited";');
  await inDatabase('CREATE SCHEMA "a side" AUTHORIZATION limited');
  await expect(open('schema=a side')).rejects.toThrow('CREATE EXTENSION btree_gist;');
  await inDatabase('CREATE EXTENSION btree_gist');
  await (await open('schema=a side')).close();
  await inDatabase('REVOKE USAGE ON SCHEMA "a side" FROM presage_tenant');
  await expect(open('schema=a side')).rejects.toThrow('GRANT USAGE ON SCHEMA "a side" TO presage_tenant;');
  await inDatabase('GRANT USAGE ON SCHEMA "a side" TO presage_tenant');
});

it('reads and writes as ever, however the user is set up, in the schema that the URL names', async () => {
  const database = await openDatabase(urlOf('schema=a side'), 7, QUIET);
  const domain = await openTestDomain(database);
  const actor = await makeActor(database, 'ada');
  const { uuid } = await domain.streams.create(actor, { name: 'one' });
  const observedAt = '2026-02-01T23:59:58.123Z';
  const report = await domain.observations.publish(actor, [{ streamUuid: uuid, value: '0.1', observedAt }]);
  expect(report.successful).toBe(1);
  const filter = { kind: 'and', of: [] } as const;
  const { items } = await domain.observations.list('default', filter, { limit: 1, backward: false });
  expect(items[0]?.node).toMatchObject({ value: '0.1', observedAt: Date.parse(observedAt) });
  const { rows } = await database.pool.query(
    "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN ('observations', 'peers', '_prisma_migrations')",
  );
  expect(rows).toEqual([{ schemaname: 'a side' }]);
  const shown = await database.tenants
    .of('default')
    .query("SELECT current_setting('TimeZone') AS zone, current_user::text AS role");
  expect(shown.rows).toEqual([{ zone: 'UTC', role: 'presage_tenant' }]);
  await database.close();
});

it('says that the database has no connection to spare', async () => {
  await asSuperuser('ALTER ROLE limited CONNECTION LIMIT 0');
  await expect(openDatabase(urlOf(), 5, QUIET)).rejects.toThrow(/no connection to spare: raise its max_conn/);
  await asSuperuser('ALTER ROLE limited CONNECTION LIMIT -1');
});

it('warns of a clock that is another than the database’s', async () => {
  const warn = vi.fn();
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 300_000);
  await (await openDatabase(db.url, 5, { ...QUIET, warn })).close();
  vi.restoreAllMocks();
  const [fields, message] = warn.mock.calls[0] ?? [];
  expect(message).toMatch(/clock.*NTP/);
  expect(Math.abs(fields.aheadMs - 300_000)).toBeLessThan(2_000);
});
