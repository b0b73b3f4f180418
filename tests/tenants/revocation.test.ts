import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestClient } from '../../gateway/testing/test-client.ts';
import { at, textAt } from '../../server/graphql/testing/reading.ts';
import { type Answer, newKey, type TestKey } from '../support/api.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { freePort, Presage } from '../support/presage.ts';

let directory: string;
let db: TestDatabase;
const servers: { presage: Presage; url: string }[] = [];
const operator = newKey();

/** Two servers on one database, without Redis: all they share is Postgres. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'presage-revoke-'));
  db = await openTestDatabase();
  for (const name of ['one', 'two']) {
    const port = await freePort();
    const presage = new Presage(
      ['serve', '--port', String(port), '--data-dir', join(directory, name), '--collect', 'none'],
      { DATABASE_URL: db.url, PRESAGE_OPERATOR_KEYS: operator.publicKey },
    );
    servers.push({ presage, url: `http://127.0.0.1:${port}/graphql` });
  }
  await Promise.all(servers.map(({ presage }) => presage.start('Presage is ready')));
}, 120_000);
afterAll(async () => {
  await Promise.all(servers.map(({ presage }) => presage.stop()));
  await db?.close();
  await rm(directory, { recursive: true, force: true });
});

async function ask(server: number, query: string, variables: object, token?: string): Promise<Answer> {
  const response = await fetch(servers[server]?.url ?? '', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}

async function signIn(server: number, { publicKey, sign }: TestKey): Promise<string> {
  const asked = await ask(
    server,
    'mutation($publicKey: String!) { requestChallenge(publicKey: $publicKey) { challenge } }',
    { publicKey },
  );
  const challenge = textAt(asked, 'data.requestChallenge.challenge');
  const { data } = await ask(
    server,
    'mutation($input: AuthenticateInput!) { authenticate(input: $input) { accessToken } }',
    { input: { publicKey, challenge, signature: sign(challenge) } },
  );
  return textAt(data, 'authenticate.accessToken');
}

const change = (server: number, field: string, peer: string, token: string, rest = '') =>
  ask(server, `mutation($peer: ID!) { ${field}(peer: $peer${rest}) { tenant } }`, { peer }, token);
const SUBSCRIPTION = 'subscription { observations(ready: true) { type } }';

async function connect(server: number, token?: string): Promise<TestClient> {
  const client = new TestClient((servers[server]?.url ?? '').replace('http', 'ws'));
  await client.ready(token === undefined ? undefined : { accessToken: token });
  client.subscribe('1', SUBSCRIPTION);
  await client.until((messages) => messages.some(({ type }) => type === 'next'));
  return client;
}

it('shuts a peer out of every process within a second, and nobody else', async () => {
  const root = await signIn(0, operator);
  const spectators = [await connect(0), await connect(1, await signIn(1, newKey()))];
  for (let round = 0; round < 3; round += 1) {
    const key = newKey();
    const token = await signIn(1, key);
    const clients = [await connect(0, token), await connect(1, token), await connect(1, token)];
    for (const server of [0, 1])
      expect(at(await ask(server, '{ me { name } }', {}, token), 'data.me')).not.toBeNull();
    const revoked = await change(round % 2, 'revokePeer', key.publicKey, root);
    const since = performance.now();
    expect(revoked.errors).toBeUndefined();
    const closes = await Promise.all(clients.map(({ closed }) => closed));
    expect(performance.now() - since).toBeLessThan(1_000);
    expect(closes.map(({ code }) => code)).toEqual([4473, 4473, 4473]);
    for (const server of [0, 1]) {
      const { errors } = await ask(server, '{ me { name } }', {}, token);
      expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
      const late = await new TestClient((servers[server]?.url ?? '').replace('http', 'ws')).opened();
      late.send({ type: 'connection_init', payload: { accessToken: token } });
      expect(await late.closed).toMatchObject({ code: 4403 });
    }
  }
  for (const client of spectators) {
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    await client.stop();
  }
});

it('shuts a peer out of event streams as well', async () => {
  const root = await signIn(0, operator);
  const key = newKey();
  const authorization = `Bearer ${await signIn(1, key)}`;
  const base = (servers[1]?.url ?? '').replace('/graphql', '');
  const follow = () => fetch(`${base}/realtime/sse?topic=observation`, { headers: { authorization } });
  const stream = () =>
    fetch(`${base}/graphql/stream`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ query: SUBSCRIPTION }),
    });
  const [followed, streamed] = await Promise.all([follow(), stream()]);
  expect([followed.status, streamed.status]).toEqual([200, 200]);
  await change(0, 'revokePeer', key.publicKey, root);
  expect(await followed.text()).toMatch(/event: failure\ndata: .*"code":"FORBIDDEN"}\n\n$/);
  expect(await streamed.text()).toMatch(/"code":"FORBIDDEN"}}\]}\n\nevent: complete\ndata: \n\n$/);
  expect([(await follow()).status, (await stream()).status]).toEqual([401, 401]);
});

it('learns of a change that no notification told of, by asking', async () => {
  const token = await signIn(1, newKey());
  const client = await connect(1, token);
  const { data } = await ask(1, '{ me { publicKey } }', {}, token);
  // As if the notification had been lost, or the change made by hand.
  await db.database.pool.query(
    'UPDATE peers SET revoked_at = now(), tokens_after = now(), changed_at = now() WHERE public_key = $1',
    [textAt(data, 'me.publicKey')],
  );
  const since = performance.now();
  expect((await client.closed).code).toBe(4473);
  expect(performance.now() - since).toBeLessThan(1_000);
});

it('goes on telling when its connection was cut', async () => {
  const root = await signIn(0, operator);
  const key = newKey();
  const client = await connect(1, await signIn(1, key));
  await db.database.pool.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'presage control'",
  );
  await change(0, 'revokePeer', key.publicKey, root);
  expect((await client.closed).code).toBe(4473);
});

it('gives a role to a peer that is signed in, at once and everywhere', async () => {
  const root = await signIn(0, operator);
  const key = newKey();
  const token = await signIn(1, key);
  const create = async (name: string) =>
    (
      await ask(
        1,
        'mutation($name: String!) { createStream(input: { name: $name }) { name } }',
        { name },
        token,
      )
    ).errors?.[0]?.extensions.code;
  expect(await create(`a ${key.publicKey}`)).toBeUndefined();
  await change(0, 'setPeerRole', key.publicKey, root, ', role: READER');
  await expect
    .poll(() => create(`b ${crypto.randomUUID()}`), { timeout: 1_000, interval: 20 })
    .toBe('FORBIDDEN');
});
