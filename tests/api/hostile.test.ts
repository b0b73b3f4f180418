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

/** Everywhere a text is looked up by. */
const SEARCHES: readonly (readonly [query: string, nodeType: string])[] = [
  ...['Stream', 'Peer', 'Observation', 'Prediction'].map(
    (type) => ['query ($node: ID!) { node(id: $node) { id } }', type] as const,
  ),
  ...[
    '{ stream(name: $text) { id } }',
    '{ streams(where: { or: [{ name: { contains: $text } }, { tags: { contains: $text } }, { author: { eq: $text } }] }) { edges { cursor } } }',
    '{ observations(where: { or: [{ provider: { in: [$text] } }, { hash: { eq: $text } }, { stream: { name: { ne: $text } } }] }) { edges { cursor } } }',
    '{ observations(after: $text) { edges { cursor } } }',
    '{ latestObservations(where: { secondary: { contains: $text } }) { id } }',
  ].map((fields) => [`query ($text: String!) ${fields}`, ''] as const),
  ...[
    '{ predictions(stream: $text) { edges { cursor } } }',
    '{ predictions(peer: $text) { edges { cursor } } }',
    '{ leaderboard(stream: $text) { rank } }',
    '{ stream(uuid: $text) { id } }',
    '{ verifyChain(stream: $text) { ok } }',
    '{ gaps(stream: $text) { durationMs } }',
    '{ timeline(stream: $text) { total } }',
    '{ buffer(stream: $text, last: "1h") { next } }',
    '{ collecting(stream: $text) { open } }',
  ].map((fields) => [`query ($text: ID!) ${fields}`, ''] as const),
  ['query ($text: Cursor!) { streamsSince(after: $text) { hasMore } }', ''],
  ['mutation ($text: String!) { refreshSession(refreshToken: $text) { expiresIn } }', ''],
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

describe('texts that are no plain ones', () => {
  const NUL = ['\0', 'a\0b'];
  const HALVES = ['\ud800', 'a\udfffb'];
  const CONTROLS = ['\u001b[31mred', 'a\nb', '\u009b1m', '\u007f'];

  it.each([...NUL, ...HALVES, ...CONTROLS])('%j is no name', async (name) => {
    for (const input of [{ name }, { name: 'n', secondary: name }, { name: 'n', tags: [name] }]) {
      const { errors } = await api.query(
        'mutation ($input: CreateStreamInput!) { createStream(input: $input) { id } }',
        { input },
        token,
      );
      expect(errors?.[0]).toMatchObject({
        message: expect.stringMatching(/must not contain control characters/),
        extensions: { code: 'BAD_INPUT' },
      });
    }
    const published = await api.query(
      'mutation ($provider: String) { publishObservations(input: { observations: [{ streamName: "s", value: 5, provider: $provider }] }) { errors { code } } }',
      { provider: name },
      token,
    );
    expect(published.data).toEqual({ publishObservations: { errors: [{ code: 'BAD_TEXT' }] } });
    expect((await api.signIn(newKey(), { name })).errors?.[0]?.extensions.code).toBe('BAD_INPUT');
  });

  it.each([...NUL, ...HALVES])('%j is in no prose', async (text) => {
    const { errors } = await api.query(
      'mutation ($input: CreateStreamInput!) { createStream(input: $input) { id } }',
      { input: { name: 'prose', meta: text, description: text } },
      token,
    );
    expect(errors?.[0]?.message).toMatch(/meta: must not contain.*description: must not contain/);
  });

  it.each(['a\0b', '\ud800', '\u001b[31m', "'; DROP TABLE peers; --", '__proto__'])(
    '%j finds nothing, wherever it is asked for, and nothing fails',
    async (text) => {
      const node = (type: string) => Buffer.from(`${type}:${text}`).toString('base64url');
      for (const [query, given] of SEARCHES) {
        const answer = await api.query(query, { text, node: node(given) }, token);
        const [error] = answer.errors ?? [];
        expect([query, error?.extensions.code]).not.toEqual([
          query,
          expect.stringMatching(/INTERNAL|GRAPHQL/),
        ]);
      }
      for (const place of [{ tenant: text }, { joinCode: text }]) {
        expect((await api.signIn(newKey(), place)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
      }
    },
  );
});

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
