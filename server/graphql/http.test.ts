import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLES } from './graphiql.ts';
import { ALICE_TOKEN } from './testing/in-memory-domain.ts';
import { type ServedApi, serveApi } from './testing/serve.ts';

let api: ServedApi;
beforeAll(async () => {
  api = await serveApi();
});
afterAll(() => api.close());

describe('health', () => {
  it('is live', async () => {
    const response = await fetch(`${api.url}/health/live`);
    expect([response.status, await response.json()]).toEqual([200, { status: 'live' }]);
  });

  it('is ready once every part is, and says which is not', async () => {
    api.notReady.push({ part: 'database', reason: 'does not answer' });
    const before = await fetch(`${api.url}/health/ready`);
    expect([before.status, await before.json()]).toEqual([
      503,
      { status: 'not ready', notReady: [{ part: 'database', reason: 'does not answer' }] },
    ]);
    api.notReady.length = 0;
    const after = await fetch(`${api.url}/health/ready`);
    expect([after.status, await after.json()]).toEqual([200, { status: 'ready' }]);
  });
});

describe('paths', () => {
  it('leads from / to the API', async () => {
    const response = await fetch(api.url, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/graphql']);
  });

  it('says what is where for every other path', async () => {
    const response = await fetch(`${api.url}/nowhere?x=1`);
    expect([response.status, await response.json()]).toEqual([
      404,
      {
        errors: [
          {
            message: 'There is nothing at /nowhere; the API is at /graphql.',
            extensions: { code: 'NOT_FOUND' },
          },
        ],
      },
    ]);
  });
});

describe('GraphiQL', () => {
  it('is one page that loads nothing from elsewhere and has the examples', async () => {
    const response = await fetch(`${api.url}/graphql`, { headers: { accept: 'text/html' } });
    const html = await response.text();
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(html).not.toMatch(/<(?:script|link|img)[^>]+(?:src|href)="(?:https?:)?\/\//);
    expect(html).toContain('"subscriptionsProtocol":"WS"');
    for (const { query } of EXAMPLES) expect(html).toContain(JSON.stringify(query));
  });
});

describe('other origins', () => {
  it('may call with a token, and never with cookies', async () => {
    const response = await fetch(`${api.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://elsewhere.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(['*', 'https://elsewhere.example']).toContain(response.headers.get('access-control-allow-origin'));
    expect(response.headers.get('access-control-allow-credentials')).not.toBe('true');
    expect(response.headers.get('access-control-allow-headers')).toContain('authorization');
  });
});

it('cuts the connection where an answer fails that has begun, as its head can say nothing else any more', async () => {
  const server = createServer((request, response) => {
    response.end = () => {
      throw new Error('the answer could not be written');
    };
    api.handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ query: '{ __typename }' });
  // The first makes the operation known, so that the second is answered without yoga.
  await fetch(`${api.url}/graphql`, { method: 'POST', headers, body });
  const asked = fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body });
  await expect(asked.then((response) => response.text())).rejects.toThrow();
  server.close();
});

describe('what a page of another origin may read', () => {
  it.each([
    ['a body of another type', '/graphql', { 'content-type': 'text/plain' }, 415],
    ['a body that is none', '/graphql', { 'content-type': 'application/json' }, 400],
    ['an answer of another type', '/graphql', { accept: 'image/png' }, 406],
    ['another path', '/nowhere', {}, 404],
  ])('is why it was refused, too: %s', async (_what, path, headers: Record<string, string>, status) => {
    const response = await fetch(`${api.url}${path}`, { method: 'POST', headers, body: '{' });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([status, '*']);
    expect(await response.json()).toMatchObject({ errors: [{ message: expect.any(String) }] });
  });
});

/** Asks with an `Accept` of its own; gives status, media type and the first error's code, if there is one. */
async function ask(accept: string, method: 'GET' | 'POST', given: object | string, token = ALICE_TOKEN) {
  const isGet = method === 'GET';
  const pairs = Object.entries(given).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const response = await fetch(`${api.url}/graphql${isGet ? `?${new URLSearchParams(pairs)}` : ''}`, {
    method,
    headers: {
      accept,
      authorization: `Bearer ${token}`,
      ...(isGet ? {} : { 'content-type': 'application/json' }),
    },
    ...(isGet ? {} : { body: typeof given === 'string' ? given : JSON.stringify(given) }),
  });
  const { errors } = JSON.parse(await response.text());
  const type = response.headers.get('content-type')?.split(';')[0];
  return { status: response.status, type, code: errors?.[0].extensions.code, message: errors?.[0].message };
}

describe('GraphQL over HTTP: an answer is of the type that is asked for', () => {
  const JSON_TYPE = 'application/json';
  const NEWER = 'application/graphql-response+json';

  it.each([
    ['*/*', JSON_TYPE],
    ['application/*', JSON_TYPE],
    [JSON_TYPE, JSON_TYPE],
    [NEWER, NEWER],
    [`${NEWER}, ${JSON_TYPE};q=0.9`, NEWER],
    [
      `${NEWER}; charset=utf-8, application/graphql+json, ${JSON_TYPE}, text/event-stream, multipart/mixed`,
      NEWER,
    ],
  ])('%s', async (accept, type) => {
    for (const method of ['GET', 'POST'] as const) {
      expect(await ask(accept, method, { query: '{ me { name } }' })).toMatchObject({
        status: 200,
        code: undefined,
        type,
      });
    }
  });

  it('and there is none of any other', async () => {
    const refused = {
      status: 406,
      code: 'BAD_INPUT',
      message: expect.stringMatching(/"image\/png"; accept application/),
    };
    for (const method of ['GET', 'POST'] as const) {
      expect(await ask('image/png', method, { query: '{ me { name } }' })).toMatchObject(refused);
    }
  });

  it.each([
    ['that is not GraphQL', { query: '{' }, 400, 'GRAPHQL_PARSE_FAILED'],
    ['that the schema does not have', { query: '{ nothing }' }, 400, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'whose variables do not fit',
      { query: 'query ($n: Int!) { streams(first: $n) { edges { cursor } } }' },
      400,
      'BAD_INPUT',
    ],
    ['that needs a stream', { query: 'subscription { observations { type } }' }, 400, 'BAD_INPUT'],
  ])(
    'an operation %s is refused by a status only where nobody else can have set it',
    async (_what, given, status, code) => {
      for (const method of ['GET', 'POST'] as const) {
        expect(await ask(NEWER, method, given)).toMatchObject({ status, code, type: NEWER });
        expect(await ask(JSON_TYPE, method, given)).toMatchObject({ status: 200, code, type: JSON_TYPE });
      }
    },
  );

  it('so is a bad token', async () => {
    const given = { query: '{ me { name } }' };
    expect(await ask(NEWER, 'POST', given, 'bad')).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(await ask(JSON_TYPE, 'POST', given, 'bad')).toMatchObject({
      status: 200,
      code: 'UNAUTHENTICATED',
    });
  });

  it('but what was executed is 200, whatever of it failed', async () => {
    const given = { query: '{ me { name } streams(first: 1001) { edges { cursor } } }' };
    expect(await ask(NEWER, 'POST', given)).toMatchObject({ status: 200, code: 'BAD_INPUT' });
  });

  it('a GET changes nothing, and one without a query says how to ask', async () => {
    const query = 'mutation { createStream(input: { name: "by GET" }) { id } }';
    for (const type of [JSON_TYPE, NEWER])
      expect(await ask(type, 'GET', { query })).toMatchObject({ status: 405 });
    const refused = { status: 400, message: expect.stringMatching(/There is no query; give it as \?query=/) };
    expect(await ask(JSON_TYPE, 'GET', {})).toMatchObject(refused);
  });

  it('a hash in place of the query is answered by the words on which clients send the query', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'ecf4' } };
    const expected = { status: 200, message: 'PersistedQueryNotSupported', code: 'BAD_INPUT' };
    expect(await ask(JSON_TYPE, 'POST', { extensions })).toMatchObject(expected);
    expect(await ask(NEWER, 'GET', { extensions })).toMatchObject(expected);
    expect(await ask(JSON_TYPE, 'POST', { query: '{ me { name } }', extensions })).toMatchObject({
      code: undefined,
    });
  });
});

describe('a plain call, which is answered without yoga once its operation is known', () => {
  const CALLS: readonly { readonly body: object; readonly headers?: Record<string, string> }[] = [
    { body: { query: '{ me { name } }' } },
    { body: { query: '{ me { name } }', operationName: null, variables: null } },
    { body: { query: 'query A { logHead } query B { me { name } }', operationName: 'B' } },
    { body: { query: 'query A { logHead } query B { me { name } }' } },
    { body: { query: 'query($n: Int!) { streams(first: $n) { edges { cursor } } }', variables: { n: 'x' } } },
    { body: { query: 'query($n: Int!) { streams(first: $n) { edges { cursor } } }', variables: [1] } },
    { body: { query: '{ streams(first: 1001) { edges { cursor } } }' } },
    { body: { query: '{ nothing }' } },
    { body: { query: '{ me { name } }', evil: 1 } },
    { body: { query: '{ me { name } }', variables: {}, extensions: {} } },
    { body: { query: '{ me { name } }' }, headers: { authorization: 'Bearer wrong' } },
    { body: { query: '{ me { name } }' }, headers: { accept: 'application/json' } },
    { body: { query: '{ me { name } }' }, headers: { accept: 'text/html' } },
    { body: { query: '{ observations(after: "zzz") { edges { cursor } } }' } },
    {
      body: {
        query: `mutation { publishObservations(input: { observations: [{ streamName: "none", value: 1 }] }) {
          failed errors { index code message } } }`,
      },
    },
  ];

  it.each(CALLS)('is answered as yoga would: $body $headers', async ({ body, headers }) => {
    const ask = async (more: Record<string, string>) => {
      const response = await fetch(`${api.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${ALICE_TOKEN}`,
          ...headers,
          ...more,
        },
        body: JSON.stringify(body),
      });
      return [response.status, response.headers.get('content-type'), await response.text()];
    };
    // An origin makes it yoga's, which then knows the operation.
    const yoga = await ask({ origin: 'https://elsewhere.example' });
    expect(await ask({})).toEqual(yoga);
  });
});
