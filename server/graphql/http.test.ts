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
