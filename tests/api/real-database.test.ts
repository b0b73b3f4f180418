import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDomain } from '../../server/domain/open-domain.ts';
import { PeerDirectory } from '../../server/domain/peer/peer-directory.ts';
import { DEFAULT_PEER_SETTINGS } from '../../server/domain/peer/settings.ts';
import { createApi } from '../../server/graphql/api.ts';
import { DEFAULT_API_SETTINGS } from '../../server/graphql/settings.ts';
import { at, listAt, textAt } from '../../server/graphql/testing/reading.ts';
import { openStorage, type Storage } from '../../server/storage/storage.ts';

let directory: string;
let storage: Storage;
let server: Server;
let url: string;
let token = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'presage-api-'));
  const silent = (): void => {};
  const logger = { debug: silent, info: silent, warn: silent, error: silent };
  storage = await openStorage({ dataDir: directory, poolSize: 4 }, logger);
  const { database } = storage;
  const peers = await PeerDirectory.open({ prisma: database.prisma, settings: DEFAULT_PEER_SETTINGS });
  const domain = await openDomain(database, peers, { maxFutureMs: 60_000 }, logger);
  const readiness = async () => [];
  server = createServer(createApi({ domain, settings: DEFAULT_API_SETTINGS, logger, readiness }).handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/graphql`;
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await storage?.close();
  await rm(directory, { recursive: true, force: true });
});

async function run(query: string, variables: object = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown };
  expect(errors).toBeUndefined();
  return data;
}

describe('the API over a real database', () => {
  it('lets a peer sign in, create streams and publish on them', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const key = publicKey.export({ format: 'jwk' }).x ?? '';
    const asked = await run('mutation($key: String!) { requestChallenge(publicKey: $key) { challenge } }', {
      key,
    });
    const challenge = textAt(asked, 'requestChallenge.challenge');
    const signature = sign(null, Buffer.from(challenge), privateKey).toString('base64url');
    const input = { publicKey: key, challenge, signature };
    const signedIn = await run(
      'mutation($input: AuthenticateInput!) { authenticate(input: $input) { accessToken } }',
      { input },
    );
    token = textAt(signedIn, 'authenticate.accessToken');
    for (let index = 0; index < 10; index++) {
      await run('mutation($input: CreateStreamInput!) { createStream(input: $input) { uuid } }', {
        input: { name: `stream-${index}`, tags: ['test'] },
      });
    }
    const observations = Array.from({ length: 100 }, (_, index) => ({
      streamName: `stream-${index % 10}`,
      value: `${index}.5`,
      observedAt: new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString(),
    }));
    const published = await run(
      'mutation($input: PublishObservationsInput!) { publishObservations(input: $input) { successful failed errors { message } } }',
      { input: { observations } },
    );
    expect(at(published, 'publishObservations')).toEqual({ successful: 100, failed: 0, errors: [] });
  });

  it.each([
    [
      'a hundred observations with their streams',
      2,
      '{ observations(first: 100) { edges { node { value hash stream { name tags author } } } pageInfo { hasNextPage } } }',
    ],
    ['the latest of all streams', 2, '{ latestObservations { value stream { name } } }'],
    [
      'a page of streams with the latest of each',
      4,
      '{ streams { edges { node { name latest { value stream { uuid } } } } } }',
    ],
  ])('reads %s in at most %i statements', async (_what, most, query) => {
    await run(query);
    const statements = vi.spyOn(pg.Client.prototype, 'query');
    const data = await run(query);
    expect(JSON.stringify(data)).toContain('99.5');
    expect(statements.mock.calls.length).toBeGreaterThan(0);
    expect(statements.mock.calls.length).toBeLessThanOrEqual(most);
    statements.mockRestore();
  });

  it('pages through everything, filtered, without losing or repeating', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page = await run(
        'query($after: String) { observations(first: 7, after: $after, where: { value: { gte: 50 }, stream: { tags: { contains: "test" } } }) { edges { node { value } } pageInfo { hasNextPage endCursor } } }',
        { after },
      );
      seen.push(...listAt(page, 'observations.edges').map((edge) => textAt(edge, 'node.value')));
      const more = at(page, 'observations.pageInfo.hasNextPage');
      after = more ? textAt(page, 'observations.pageInfo.endCursor') : null;
    } while (after);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => `${index + 50}.5`));
  });

  it('answers ids and cursors that no row can have as nothing', async () => {
    const node = 'query($id: ID!) { node(id: $id) { id } }';
    for (const local of ['Stream:x', 'Observation:2147483647.0', 'Prediction:9007199254740991', 'Peer:x']) {
      expect(await run(node, { id: Buffer.from(local).toString('base64url') })).toEqual({ node: null });
    }
    const uuid = '00000000-0000-4000-8000-000000000000';
    expect(await run(`{ stream(uuid: "${uuid}") { id } }`)).toEqual({ stream: null });
  });
});
