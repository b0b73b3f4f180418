import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningGateway, runGateway } from '../../testing/running-gateway.ts';
import { TestClient } from '../../testing/test-client.ts';

const ALL = 'subscription { observations(ready: true) { type cursor observation { value } } }';

describe('graphql-transport-ws', () => {
  let running: RunningGateway;
  let clients: TestClient[];

  beforeEach(async () => {
    running = await runGateway({
      connectionInitTimeoutMs: 400,
      maxMessageBytes: 4_096,
      maxSubscriptionsPerConnection: 3,
    });
    clients = [];
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.stop()));
    await running.stop();
  });

  function connect(headers: Record<string, string> = {}, protocols?: string[]): TestClient {
    const client = new TestClient(running.url, headers, protocols);
    clients.push(client);
    return client;
  }

  it.each([
    ['not JSON', '{"type"', 4400],
    ['an array', '[]', 4400],
    ['null', 'null', 4400],
    ['a number', '1', 4400],
    ['no type', '{}', 4400],
    ['an unknown type', '{"type":"start","id":"1"}', 4400],
    ['a server’s type', '{"type":"next","id":"1","payload":{}}', 4400],
    ['a payload that is no object', '{"type":"connection_init","payload":"x"}', 4400],
    ['subscribe without id', '{"type":"subscribe","payload":{"query":"{hello}"}}', 4400],
    ['subscribe with an empty id', '{"type":"subscribe","id":"","payload":{"query":"{hello}"}}', 4400],
    ['subscribe with a numeric id', '{"type":"subscribe","id":1,"payload":{"query":"{hello}"}}', 4400],
    ['subscribe without payload', '{"type":"subscribe","id":"1"}', 4400],
    ['subscribe without query', '{"type":"subscribe","id":"1","payload":{}}', 4400],
    [
      'variables that are a list',
      '{"type":"subscribe","id":"1","payload":{"query":"{hello}","variables":[]}}',
      4400,
    ],
    [
      'an operationName that is a number',
      '{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":1}}',
      4400,
    ],
    ['complete without id', '{"type":"complete"}', 4400],
    ['subscribe before init', '{"type":"subscribe","id":"1","payload":{"query":"{hello}"}}', 4401],
  ])('closes on %s', async (_what, frame, code) => {
    const client = await connect().opened();
    client.send(frame);
    expect((await client.closed).code).toBe(code);
  });

  it('closes on a binary message, an overlong one, a second init and a duplicate id', async () => {
    const binary = await connect().opened();
    binary.socket.send(Buffer.from('{"type":"ping"}'), { binary: true });
    expect((await binary.closed).code).toBe(4400);

    const long = await connect().opened();
    long.send({ type: 'ping', payload: { text: 'x'.repeat(5_000) } });
    expect((await long.closed).code).toBe(1009);

    const twice = await connect().ready();
    twice.send({ type: 'connection_init' });
    expect((await twice.closed).code).toBe(4429);

    const atOnce = await connect().opened();
    atOnce.send({ type: 'connection_init' });
    atOnce.send({ type: 'connection_init' });
    expect((await atOnce.closed).code).toBe(4429);

    const duplicate = await connect().ready();
    duplicate.subscribe('a', ALL);
    duplicate.subscribe('a', ALL);
    expect(await duplicate.closed).toEqual({ code: 4409, reason: 'Subscriber for a already exists' });
  });

  it('closes when init does not come, and when the subprotocol is another', async () => {
    expect((await connect().closed).code).toBe(4408);
    expect((await connect({}, []).closed).code).toBe(4406);
    expect((await connect({}, ['other', 'another']).closed).code).toBe(4406);
  });

  it('refuses a handshake with a token in its URL, and one too many from an address, by status and reason', async () => {
    await running.stop();
    running = await runGateway({ maxConnectionsPerAddress: 1 });
    const withToken = await refusalOf(`${running.url}?access_token=x`);
    expect(withToken).toMatchObject({ status: 400, code: 'BAD_INPUT' });
    await connect().opened();
    const tooMany = await refusalOf(running.url);
    expect(tooMany).toMatchObject({ status: 429, code: 'LIMITED', retryAfter: '5' });
    expect(tooMany.message).toContain('There are 1 connections from');
  });

  it('takes tokens from init and header, and says why it refuses one', async () => {
    await connect().ready({ accessToken: 'alice' });
    await connect().ready({ authorization: 'Bearer alice' });
    await connect({ Authorization: 'Bearer alice' }).ready();
    const cases: [TestClient, object | undefined][] = [
      [connect(), { accessToken: 'bad' }],
      [connect({ Authorization: 'Bearer bad' }), undefined],
      [connect(), { authorization: 'Basic abc' }],
      [connect(), { accessToken: 7 }],
    ];
    for (const [client, payload] of cases) {
      await client.opened();
      client.send({ type: 'connection_init', ...(payload && { payload }) });
      const { code, reason } = await client.closed;
      expect(code).toBe(4403);
      expect(reason).toMatch(/^Forbidden: The /);
    }
  });

  it('closes when the token expires, unless a ping has renewed it', async () => {
    const soon = Date.now() + 800;
    const expiring = await connect().ready({ accessToken: `alice!${soon}` });
    const renewed = await connect().ready({ accessToken: `alice!${soon}` });
    renewed.send({ type: 'ping', payload: { accessToken: `alice!${Date.now() + 60_000}` } });
    await renewed.until((messages) => messages.some(({ type }) => type === 'pong'));
    expect((await expiring.closed).code).toBe(4470);
    expect(Date.now()).toBeGreaterThanOrEqual(soon);
    renewed.subscribe('1', '{ hello }');
    await renewed.until((messages) => messages.some(({ type }) => type === 'complete'));

    renewed.send({ type: 'ping', payload: { accessToken: 'mallory' } });
    const { code, reason } = await renewed.closed;
    expect(code).toBe(4403);
    expect(reason).toContain('another peer');
  });

  it('runs queries and mutations, and frees their ids', async () => {
    const client = await connect().ready();
    for (let round = 0; round < 2; round += 1) {
      client.subscribe('q', 'query { hello }');
      await client.until(() => client.of('q').length === 2 * (round + 1));
    }
    client.subscribe('m', 'mutation ($n: Int!) { double(n: $n) }', { n: 21 });
    await client.until(() => client.of('m').length === 2);
    expect(client.of('q').slice(0, 2)).toEqual([
      { id: 'q', type: 'next', payload: { data: { hello: 'world' } } },
      { id: 'q', type: 'complete' },
    ]);
    expect(client.of('m')[0]).toEqual({ id: 'm', type: 'next', payload: { data: { double: 42 } } });
  });

  it('sends nothing of what was completed by the client, and ignores ids it does not know', async () => {
    const client = await connect().ready();
    client.send({ type: 'complete', id: 'unheard of' });
    client.subscribe('q', '{ hello }');
    client.send({ type: 'complete', id: 'q' });
    client.subscribe('later', '{ hello }');
    await client.until(() => client.of('later').length === 2);
    expect(client.of('q')).toEqual([]);
  });

  it.each([
    ['a syntax error', 'subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', 'subscription { nope }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'two root fields',
      'subscription { observations { type } b: observations { type } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a root field without a topic', 'subscription { unheard }', {}, 'BAD_INPUT'],
    [
      'a root field left out',
      'subscription ($no: Boolean!) { observations @include(if: $no) { type } }',
      { no: false },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a variable of a wrong type',
      'subscription ($r: Boolean!) { observations(ready: $r) { type } }',
      { r: 'x' },
      'BAD_INPUT',
    ],
    ['a bad filter', 'subscription { observations(where: {value: {gt: "abc"}}) { type } }', {}, 'BAD_FILTER'],
    ['a cursor of nonsense', 'subscription { observations(after: "abc") { type } }', {}, 'BAD_CURSOR'],
    [
      'a foreign cursor',
      `subscription { observations(after: "${cursor('0@other')}") { type } }`,
      {},
      'BAD_CURSOR',
    ],
    [
      'a cursor ahead of the log',
      `subscription { observations(after: "${cursor('1@main')}") { type } }`,
      {},
      'BAD_CURSOR',
    ],
  ])('answers %s by an error message', async (_what, query, variables, code) => {
    const client = await connect().ready();
    client.subscribe('1', query, variables);
    await client.until(() => client.of('1').length > 0);
    expect(client.of('1')).toMatchObject([{ type: 'error', payload: [{ extensions: { code } }] }]);
    expect(running.gateway.stats().subscriptions).toBe(0);
    client.subscribe('1', '{ hello }');
    await client.until(() => client.of('1').length === 3);
  });

  it('masks what nobody could expect', async () => {
    const client = await connect().ready();
    client.subscribe('q', '{ fails }');
    running.executor.beforeEvent = async () => {
      throw new Error('secret details');
    };
    client.subscribe('s', ALL);
    await client.until(() => client.of('q').length === 2 && client.of('s').length === 1);
    expect(JSON.stringify(client.messages)).not.toContain('secret');
    const masked = [{ extensions: { code: 'INTERNAL', errorId: expect.any(String) } }];
    expect(client.of('q')[0]).toMatchObject({
      type: 'next',
      payload: { data: { fails: null }, errors: masked },
    });
    expect(client.of('s')[0]).toMatchObject({ type: 'error', payload: masked });
  });

  it('limits the operations of a connection', async () => {
    const client = await connect().ready();
    for (const id of ['1', '2', '3', '4']) client.subscribe(id, '{ never }');
    await client.until(() => client.of('4').length > 0);
    expect(client.of('4')).toMatchObject([{ type: 'error', payload: [{ extensions: { code: 'LIMITED' } }] }]);
  });

  it('closes a client that sends more than it may, and says how much that is', async () => {
    await running.stop();
    running = await runGateway({ maxMessagesPerSecond: 5 });
    const client = await connect().ready();
    for (let sent = 0; sent < 60; sent += 1) client.send({ type: 'ping' });
    const { code, reason } = await client.closed;
    expect([code, reason]).toEqual([4474, 'More than 5 messages a second; send fewer']);
    expect(running.gateway.stats().refusals['message-rate']).toBe(1);
  });

  it('closes a client without an operation for long, and none that has one', async () => {
    await running.stop();
    running = await runGateway({ idleTimeoutMs: 400, pingIntervalMs: 20 });
    const [idle, busy] = [await connect().ready(), await connect().ready()];
    busy.subscribe('1', ALL);
    expect((await idle.closed).code).toBe(4475);
    expect(busy.socket.readyState).toBe(busy.socket.OPEN);
    busy.send({ type: 'complete', id: '1' });
    expect((await busy.closed).code).toBe(4475);
    expect(running.gateway.stats().refusals.idle).toBe(2);
  });

  it('answers pings at any time, with and without payload, and pings by itself', async () => {
    await running.stop();
    running = await runGateway({ pingIntervalMs: 20 });
    const client = await connect().opened();
    client.send({ type: 'ping', payload: { any: 'thing' } });
    await client.until((messages) => messages.some(({ type }) => type === 'pong'));
    client.send({ type: 'pong' });
    client.send({ type: 'pong', payload: { any: 'thing' } });
    await client.ready();
    await client.until((messages) => messages.some(({ type }) => type === 'ping'));
  });

  it('closes when it fails itself, with the id of the log line and nothing else', async () => {
    const client = await connect().opened();
    client.send({ type: 'connection_init', payload: { accessToken: 'broken' } });
    const { code, reason } = await client.closed;
    expect(code).toBe(4500);
    expect(reason).toMatch(/^Internal error [0-9a-f-]{36}$/);
  });

  it('says that what it needs is away, with a code after which clients come again', async () => {
    const client = await connect().opened();
    client.send({ type: 'connection_init', payload: { accessToken: 'away' } });
    const { code, reason } = await client.closed;
    expect([code, reason]).toEqual([1013, 'The database is away: see to it that it runs.']);
  });

  it('closes a client that answers no ping', async () => {
    await running.stop();
    running = await runGateway({ pingIntervalMs: 20, stalledAfterMs: 60 });
    const client = await connect().ready();
    // Reads and never writes: pings arrive, and are not answered by this client.
    expect((await client.closed).code).toBe(4472);
    expect(running.gateway.stats().refusals.unresponsive).toBe(1);
  });

  it('begins nothing new when it leaves, and waits for what is under way', async () => {
    const client = await connect().ready();
    running.executor.beforeExecute = () => new Promise(() => undefined);
    client.subscribe('under way', '{ hello }');
    await expect.poll(() => running.executor.executing).toBe(1);
    running.executor.beforeExecute = async () => undefined;
    const closed = running.gateway.close();
    client.subscribe('late', '{ hello }');
    client.send({ type: 'ping' });
    await client.until((messages) => messages.some(({ type }) => type === 'pong'));
    client.send({ type: 'complete', id: 'under way' });
    await closed;
    expect((await client.closed).code).toBe(1001);
    expect(client.of('late')).toEqual([]);
  });

  it('counts what it refuses', async () => {
    const long = await connect().opened();
    long.send({ type: 'ping', payload: { text: 'x'.repeat(5_000) } });
    await long.closed;
    const bad = await connect().opened();
    bad.send('{');
    await bad.closed;
    const forbidden = await connect().opened();
    forbidden.send({ type: 'connection_init', payload: { accessToken: 'bad' } });
    await forbidden.closed;
    await connect().closed;
    const many = await connect().ready();
    for (const id of ['1', '2', '3', '4']) many.subscribe(id, '{ never }');
    await many.until(() => many.of('4').length > 0);
    expect(running.gateway.stats().refusals).toMatchObject({
      ...{
        'message-size': 1,
        'bad-message': 1,
        'bad-token': 1,
        'init-timeout': 1,
        'connection-operations': 1,
      },
    });
  });

  it('tells clients to go when it closes, after what was sent before', async () => {
    const client = await connect().ready();
    client.subscribe('1', ALL);
    await client.until(() => client.of('1').length === 1);
    await running.gateway.close();
    const { code, reason } = await client.closed;
    expect(code).toBe(1001);
    expect(reason).toMatch(/^The server is going away; connect again after \d+ ms and resume$/);
    expect(running.gateway.stats()).toMatchObject({ connections: 0, subscriptions: 0, live: 0, cohorts: 0 });
  });
});

interface Refusal {
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  readonly code: string;
  readonly message: string;
}

/** How a handshake is refused. */
async function refusalOf(url: string): Promise<Refusal> {
  const { socket } = new TestClient(url);
  return new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      response.on('data', (body) => {
        const [error] = JSON.parse(String(body)).errors;
        resolve({
          status: response.statusCode,
          retryAfter: response.headers['retry-after'],
          code: error.extensions.code,
          message: error.message,
        });
      });
    });
  });
}

function cursor(text: string): string {
  return Buffer.from(text).toString('base64url');
}
