import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningGateway, runGateway } from '../../testing/running-gateway.ts';

describe('graphql-sse', () => {
  let running: RunningGateway;
  let url: string;

  beforeEach(async () => {
    running = await runGateway({ maxMessageBytes: 2_000 });
    url = `${running.url.replace('ws:', 'http:')}/stream`;
  });
  afterEach(() => running.stop());

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('streams one operation: next and complete, with empty data', async () => {
    const response = await post({ query: '{ hello }', variables: {} });
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(
      /^retry: \d+\n\nevent: next\ndata: {"data":{"hello":"world"}}\n\nevent: complete\ndata: \n\n$/,
    );
  });

  it.each([
    ['a syntax error', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ nope }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a cursor of nonsense', 'subscription { observations(after: "x") { type } }', 'BAD_CURSOR'],
  ])('reports %s in the stream, as the protocol wants it', async (_what, query, code) => {
    const response = await post({ query });
    expect(response.status).toBe(200);
    const text = await response.text();
    const data = /event: next\ndata: (.*)\n\nevent: complete\ndata: \n\n$/.exec(text)?.[1] ?? '';
    expect(JSON.parse(data)).toMatchObject({ errors: [{ extensions: { code } }] });
  });

  it.each([
    ['no JSON', '{', 400, 'BAD_INPUT'],
    ['no object', '[]', 400, 'BAD_INPUT'],
    ['no query', '{}', 400, 'BAD_INPUT'],
    ['variables that are a list', '{"query":"{hello}","variables":[]}', 400, 'BAD_INPUT'],
    ['an operationName that is a number', '{"query":"{hello}","operationName":1}', 400, 'BAD_INPUT'],
    ['a body too long', JSON.stringify({ query: `{${'hello '.repeat(1_000)}}` }), 413, 'TOO_LARGE'],
  ])('refuses %s by status', async (_what, body, status, code) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] });
  });

  it('refuses other content types, what the client does not accept, and bad tokens', async () => {
    expect((await post('query=x', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post({ query: '{ hello }' }, { accept: 'application/json' })).status).toBe(406);
    expect((await post({ query: '{ hello }' }, { authorization: 'Bearer bad' })).status).toBe(401);
    expect((await post({ query: '{ hello }' }, { authorization: 'Basic x' })).status).toBe(401);
    expect(running.gateway.stats().refusals).toMatchObject({ 'bad-request': 2, 'bad-token': 2 });
  });

  it('takes queries by GET and mutations not; the single connection mode is not there', async () => {
    const ask = (query: string) => fetch(`${url}?${new URLSearchParams({ query, variables: '{}' })}`);
    expect(await (await ask('{ hello }')).text()).toContain('{"data":{"hello":"world"}}');
    expect(await (await ask('mutation { double(n: 1) }')).text()).toContain('BAD_INPUT');
    const reserved = await fetch(url, { method: 'PUT' });
    expect([reserved.status, await reserved.text()]).toEqual([
      405,
      expect.stringMatching(/single connection mode .* is not spoken: leave singleConnection out/),
    ]);
  });

  it('lets pages of other origins ask, with whatever headers their libraries have', async () => {
    const asked = { 'access-control-request-headers': 'content-type,traceparent,x-own' };
    const { status, headers } = await fetch(url, { method: 'OPTIONS', headers: asked });
    const allowed = ['origin', 'methods', 'headers'].map((what) =>
      headers.get(`access-control-allow-${what}`),
    );
    expect([status, ...allowed]).toEqual([204, '*', 'GET, POST, OPTIONS', 'content-type,traceparent,x-own']);
    expect((await fetch(url, { method: 'OPTIONS' })).headers.get('access-control-allow-headers')).toMatch(
      /Last-Event-ID/,
    );
    const refused = await post('{', { origin: 'https://app.example' });
    expect(refused.headers.get('access-control-expose-headers')).toBe('Retry-After');
  });

  it.each([
    ['urql with fetchSubscriptions', 'text/event-stream, multipart/mixed', true],
    ['graphql-sse and EventSource', 'text/event-stream', true],
    [
      'a client that takes JSON, too',
      'application/graphql-response+json, application/json, text/event-stream',
      false,
    ],
    ['a client that takes anything', '*/*', false],
    ['a browser that shows a page', 'text/html,application/xhtml+xml,text/event-stream', false],
  ])("is at the API's own address, too, for who takes nothing else: %s", async (_who, accept, isStream) => {
    // Nobody else answers in this process: what is not taken is not found.
    const response = await fetch(url.replace('/stream', ''), {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ hello }' }),
    });
    expect(response.status).toBe(isStream ? 200 : 404);
    expect((await response.text()).includes('event: complete')).toBe(isStream);
  });

  it('takes variables and the name of the operation by GET', async () => {
    const query = 'query A { a: hello } query B ($skip: Boolean = false) { b: hello @skip(if: $skip) }';
    const ask = (more: Record<string, string>) => fetch(`${url}?${new URLSearchParams({ query, ...more })}`);
    expect(await (await ask({ operationName: 'A' })).text()).toContain('{"data":{"a":"world"}}');
    expect(await (await ask({ operationName: 'B' })).text()).toContain('{"data":{"b":"world"}}');
    const skipped = await ask({ operationName: 'B', variables: '{"skip":true}' });
    expect(await skipped.text()).toContain('{"data":{}}');
    for (const variables of ['{', '[]']) {
      const refused = await ask({ operationName: 'B', variables });
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_INPUT' } }] });
    }
  });

  it('forgets an operation whose client has left', async () => {
    const abort = new AbortController();
    const body = JSON.stringify({ query: 'subscription { observations { type } }' });
    const headers = { 'content-type': 'application/json' };
    await fetch(url, { method: 'POST', headers, body, signal: abort.signal });
    await expect.poll(() => running.gateway.stats().live).toBe(1);
    abort.abort();
    await expect.poll(() => running.gateway.stats()).toMatchObject({ connections: 0, subscriptions: 0 });
  });
});
