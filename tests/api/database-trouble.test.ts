import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { textAt } from '../../server/graphql/testing/reading.ts';
import { newKey, openTestApi, type TestApi } from '../support/api.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
let api: TestApi;
let admin: pg.Client;
let token: string;
let variables: Record<string, unknown>;
const key = newKey();

beforeAll(async () => {
  db = await openTestDatabase();
  api = await openTestApi(db.database);
  admin = new pg.Client(db.url);
  await admin.connect();
  token = await api.token(key);
  const made = await api.query('mutation { createStream(input: { name: "s" }) { uuid } }', {}, token);
  const uuid = textAt(made.data, 'createStream.uuid');
  const put = await api.query(
    'mutation { publishObservations(input: { observations: [{ streamName: "s", value: 1 }] }) { observationIds } }',
    {},
    token,
  );
  const id = textAt(put.data, 'publishObservations.observationIds.0');
  const at = await api.query('query ($id: ID!) { node(id: $id) { ... on Observation { hash } } }', { id });
  variables = { id, uuid, hash: textAt(at.data, 'node.hash') };
});
afterAll(async () => {
  await api.close();
  await admin.end();
  await db.close();
});

/** Every way to write, each of which takes another way to the database. */
const WRITES: readonly (readonly [string, string])[] = [
  ['a stream', 'mutation { createStream(input: { name: "t" }) { id } }'],
  [
    'observations',
    'mutation { publishObservations(input: { observations: [{ streamName: "s", value: 2 }] }) { failed } }',
  ],
  ['a correction', 'mutation ($id: ID!) { correctObservation(id: $id, value: 3) { id } }'],
  ['a retraction', 'mutation ($id: ID!) { retractObservation(id: $id) }'],
  [
    'predictions',
    'mutation ($uuid: ID!, $hash: String!) { submitPredictions(input: { predictions: [{ streamUuid: $uuid, value: 1, baseHash: $hash }] }) { failed } }',
  ],
];

async function refusals(): Promise<string[]> {
  const signIn = await api.signIn(newKey());
  const answers = [];
  for (const [, query] of WRITES) {
    const used = Object.fromEntries(Object.entries(variables).filter(([name]) => query.includes(`$${name}`)));
    answers.push(await api.query(query, used, token));
  }
  return [signIn, ...answers].map(({ errors }) => `${errors?.[0]?.extensions.code}: ${errors?.[0]?.message}`);
}

async function failInserts(state: string): Promise<void> {
  await admin.query(`
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file "base/5/16384"' USING ERRCODE = '${state}'; END $$`);
  const { rows } = await admin.query<{ name: string }>(
    "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
  );
  for (const { name } of rows) {
    await admin.query(`CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON ${name} EXECUTE FUNCTION fail()`);
  }
}

describe('a database in trouble is UNAVAILABLE for every write, with what to do', () => {
  afterEach(async () => {
    await admin.query('DROP FUNCTION IF EXISTS fail CASCADE');
    await admin.query('ALTER DATABASE postgres RESET default_transaction_read_only');
    await cut();
  });

  async function cut(): Promise<void> {
    await admin.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    );
  }

  it.each([
    ['53100', /^UNAVAILABLE: The disk of the database is full: make room on it/],
    ['53300', /^UNAVAILABLE: The database has no connection to spare: raise its max_connections/],
    ['57P01', /^UNAVAILABLE: The database is stopping or starting/],
    ['58030', /^UNAVAILABLE: The database does not answer as it should/],
  ])('%s', async (state, expected) => {
    await failInserts(state);
    for (const said of await refusals()) {
      expect(said).toMatch(expected);
      expect(said).not.toContain('base/5');
    }
  });

  it('read-only, while reading goes on', async () => {
    await admin.query('ALTER DATABASE postgres SET default_transaction_read_only = on');
    await cut();
    await expect.poll(async () => (await api.query('{ logHead }')).errors).toBeUndefined();
    for (const said of await refusals()) expect(said).toMatch(/^UNAVAILABLE: The database takes no writes/);
    const read = await api.query('{ stream(name: "s") { name latest { value } } }');
    expect(read).toEqual({ data: { stream: { name: 's', latest: { value: '1' } } } });
  });
});
