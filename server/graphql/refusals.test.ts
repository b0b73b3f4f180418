import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeCursor } from '../../schema/cursor.ts';
import { encodeNodeId } from '../../schema/node-id.ts';
import type { ApiSettings } from './settings.ts';
import { at } from './testing/reading.ts';
import { type Answer, type ServedApi, serveApi } from './testing/serve.ts';

let api: ServedApi;
afterEach(() => api.close());

async function serve(settings: Partial<ApiSettings> = {}): Promise<void> {
  api = await serveApi(settings);
}

function refusal(answer: Answer): [string | undefined, string | undefined] {
  const [error] = answer.errors ?? [];
  return [error?.extensions.code, error?.message];
}

async function post(
  body: string,
  headers: Record<string, string> = {},
): Promise<Answer & { status: number }> {
  const response = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const text = await response.text();
  return { ...(JSON.parse(text) as Answer), status: response.status };
}

describe('a compressed body', () => {
  const compressed = (bytes: Buffer, encoding = 'gzip') =>
    fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': encoding },
      body: new Uint8Array(bytes),
    });

  it('is read as if it were plain', async () => {
    await serve();
    const response = await compressed(gzipSync('{"query":"{ __typename }"}'));
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });

  it('is refused by what it would be when inflated, and when it is none', async () => {
    await serve({ maxBodyBytes: 10_000 });
    const bomb = await compressed(gzipSync(`{"query":"${' '.repeat(5_000_000)}"}`));
    expect([bomb.status, refusal((await bomb.json()) as Answer)[0]]).toEqual([413, 'TOO_LARGE']);
    const broken = await compressed(Buffer.from('{"query":"{ __typename }"}'));
    expect(refusal((await broken.json()) as Answer)[0]).toBe('BAD_INPUT');
    const other = await compressed(gzipSync('{}'), 'br');
    expect(refusal((await other.json()) as Answer)[1]).toMatch(/encoding is br; send gzip/);
  });
});

describe('what is refused, with a code and what to do', () => {
  it.each([
    ['{ me', 'GRAPHQL_PARSE_FAILED', /Syntax Error/],
    ['', 'GRAPHQL_PARSE_FAILED', /Unexpected <EOF>/],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED', /Cannot query field "nothing"/],
    ['query A { me { name } } query B { me { name } }', 'BAD_INPUT', /what operation/],
    ['query($n: Int!) { streams(first: $n) { edges { cursor } } }', 'BAD_INPUT', /\$n/],
    ['{ streams(first: 1001) { edges { cursor } } }', 'BAD_INPUT', /first is 1001; it must be 1 to 1000/],
    ['{ streams(last: 0) { edges { cursor } } }', 'BAD_INPUT', /last is 0/],
    ['{ streams(first: 1, last: 1) { edges { cursor } } }', 'BAD_INPUT', /Both first and last/],
    ['{ latestObservations(limit: -1) { id } }', 'BAD_INPUT', /limit is -1/],
    ['{ observations(after: "zzz") { edges { cursor } } }', 'BAD_CURSOR', /not a cursor of this log/],
    [
      `{ observations(after: "${encodeCursor('other', 1)}") { edges { cursor } } }`,
      'BAD_CURSOR',
      /not a cursor of this log/,
    ],
    [
      `{ streams(after: "${encodeCursor('default', 2 ** 40)}") { edges { cursor } } }`,
      'BAD_CURSOR',
      /not a cursor/,
    ],
    [
      '{ observations(where: { value: { gt: "ten" } }) { edges { cursor } } }',
      'BAD_FILTER',
      /value gt "ten"/,
    ],
    [
      '{ observations(where: { observedAt: { lt: 5 } }) { edges { cursor } } }',
      'BAD_FILTER',
      /observedAt lt/,
    ],
    ['{ node(id: "%%%") { id } }', 'BAD_INPUT', /"%%%" is no id/],
    ['{ stream { id } }', 'BAD_INPUT', /a uuid or a name/],
    ['{ verifyChain(stream: "x") { ok } }', 'BAD_INPUT', /"x" is not the uuid or the id of a stream/],
    [
      '{ verifyChain(stream: "00000000-0000-4000-8000-000000000000") { ok } }',
      'NOT_FOUND',
      /There is no stream/,
    ],
    ['mutation { retractObservation(id: "x") }', 'BAD_INPUT', /"x" is not the id of an observation/],
    [
      `mutation { correctObservation(id: "${encodeNodeId('Observation', '1.5')}", value: 1) { id } }`,
      'NOT_FOUND',
      /no such observation/,
    ],
    ['subscription { observations { type } }', 'BAD_INPUT', /Subscriptions need a stream/],
  ])('%s', async (query, code, message) => {
    await serve();
    const answer = await api.query(query);
    expect(refusal(answer)).toEqual([code, expect.stringMatching(message)]);
    expect(api.logged).toEqual([]);
  });

  it('bodies that are no request', async () => {
    await serve();
    expect(refusal(await post('{"query": '))).toEqual(['BAD_INPUT', expect.any(String)]);
    expect(refusal(await post('[{"query":"{ me { name } }"},{"query":"{ me { name } }"}]'))).toEqual([
      'BAD_INPUT',
      expect.stringMatching(/[Bb]atch/),
    ]);
    expect(refusal(await post('{"query":"{ me { name } }","variables":[1]}'))[0]).toBe('BAD_INPUT');
    expect(refusal(await post('{"query":"{ me { name } }","evil":1}'))[0]).toBe('BAD_INPUT');
    expect(api.logged).toEqual([]);
  });
});

describe('limits', () => {
  it.each<[string, Partial<ApiSettings>, string, RegExp]>([
    ['tokens', { maxTokens: 20 }, `{ ${'me { name } '.repeat(10)} }`, /Token limit of 20 exceeded/],
    [
      'depth',
      { maxDepth: 4 },
      '{ observations { edges { node { stream { name } } } } }',
      /depth limit of 4 exceeded, found 5/,
    ],
    [
      'depth through fragments',
      { maxDepth: 4 },
      'query { observations { ...A } } fragment A on ObservationConnection { edges { node { stream { name } } } }',
      /depth limit of 4 exceeded, found 5/,
    ],
    [
      'aliases',
      { maxAliases: 2 },
      '{ a: logHead b: logHead c: logHead }',
      /Aliases limit of 2 exceeded, found 3/,
    ],
    [
      'cost',
      { maxCost: 500 },
      '{ streams(first: 1000) { edges { node { name } } } }',
      /costs \d+, more than .* 500/,
    ],
    [
      'cost of pages inside lists',
      {},
      '{ streams(first: 1000) { edges { node { observations(first: 1) { edges { node { value } } } } } } }',
      /costs \d+, more than the limit of 50000/,
    ],
  ])('%s', async (_name, settings, query, message) => {
    await serve(settings);
    expect(refusal(await api.query(query))).toEqual(['TOO_COMPLEX', expect.stringMatching(message)]);
    expect(api.domain.store.calls).toEqual([]);
  });

  it('lets the largest page with every field through', async () => {
    await serve();
    const { errors } = await api.query(
      '{ observations(first: 1000) { edges { cursor node { id position cursor value observedAt ts hash provider revision retracted stream { id uuid serverId name author secondary target meta description tags cadenceSeconds createdAt archivedAt } } } pageInfo { hasNextPage endCursor } } }',
    );
    expect(errors).toBeUndefined();
  });

  it('bodies', async () => {
    await serve({ maxBodyBytes: 1_000 });
    const large = JSON.stringify({ query: '{ me { name } }', variables: { padding: 'x'.repeat(1_000) } });
    const answer = await post(large);
    expect([answer.status, ...refusal(answer)]).toEqual([
      413,
      'TOO_LARGE',
      expect.stringMatching(/1000 bytes/),
    ]);
    const body = new Blob([large]).stream();
    const streaming = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    };
    const streamed = await fetch(`${api.url}/graphql`, streaming);
    expect(refusal((await streamed.json()) as Answer)[0]).toBe('TOO_LARGE');
  });

  it('lets ten thousand observations through', async () => {
    await serve();
    const observations = Array.from({ length: 10_000 }, (_, index) => ({
      streamUuid: '00000000-0000-4000-8000-000000000000',
      value: `${index}.${'9'.repeat(25)}`,
      observedAt: '2026-01-01T00:00:00.000Z',
      provider: 'p'.repeat(200),
    }));
    const { data, errors } = await api.query(
      'mutation($input: PublishObservationsInput!) { publishObservations(input: $input) { totalSubmitted failed } }',
      { input: { observations } },
    );
    expect(errors).toBeUndefined();
    expect(at(data, 'publishObservations')).toEqual({ totalSubmitted: 10_000, failed: 10_000 });
  });
});

describe('tokens', () => {
  it('refuses writing without one', async () => {
    await serve();
    const write = 'mutation { createStream(input: { name: "s" }) { id } }';
    expect(refusal(await api.query(write, {}, null))).toEqual([
      'UNAUTHENTICATED',
      expect.stringMatching(/Writing needs a token\. Sign in with requestChallenge/),
    ]);
  });

  it('refuses reading without one where the operator wants one, but not signing in', async () => {
    await serve({ publicRead: false });
    for (const query of [
      '{ logHead }',
      '{ streams { edges { cursor } } }',
      '{ latestObservations { id } }',
    ]) {
      expect(refusal(await api.query(query, {}, null))[0]).toBe('UNAUTHENTICATED');
    }
    const { data } = await api.query(
      'mutation { refreshSession(refreshToken: "r") { expiresIn } }',
      {},
      null,
    );
    expect(at(data, 'refreshSession.expiresIn')).toBe(900);
    expect((await api.query('{ logHead }')).errors).toBeUndefined();
  });

  it('refuses one that is not of this server, even for public reading', async () => {
    await serve();
    expect(refusal(await api.query('{ logHead }', {}, 'forged'))).toEqual([
      'UNAUTHENTICATED',
      'This is no token of this server.',
    ]);
    const other = await post('{"query":"{ logHead }"}', { authorization: 'Basic YTpi' });
    expect(refusal(other)).toEqual(['UNAUTHENTICATED', expect.stringMatching(/no bearer token/)]);
  });
});

describe('unexpected errors', () => {
  it('are logged with an id, which is all that the client is told', async () => {
    await serve();
    api.domain.streams.find = async () => {
      throw new Error('password=hunter2');
    };
    const answer = await api.query('{ stream(name: "s") { id } }');
    const [code, message] = refusal(answer);
    const id = answer.errors?.[0]?.extensions.id;
    expect(code).toBe('INTERNAL');
    expect(message).toContain(id);
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(api.logged).toEqual([
      {
        fields: { err: expect.objectContaining({ message: 'password=hunter2' }), id, path: 'stream' },
        message: expect.any(String),
      },
    ]);
  });
});
