import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LeastRecentlyUsed } from './least-recently-used.ts';
import { type Answer, type ServedApi, serveApi } from './testing/serve.ts';

let api: ServedApi;
beforeAll(async () => {
  api = await serveApi();
});
afterEach(() => expect(api.logged).toEqual([]));
afterAll(() => api.close());

/** A request as it is, down to its headers; gives status and text of the answer. */
function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  body = '',
): Promise<[number | undefined, string]> {
  return new Promise((resolve, reject) => {
    const sending = request(`${api.url}${path}`, { method, headers }, async (response) => {
      let text = '';
      for await (const part of response) text += part;
      resolve([response.statusCode, text]);
    });
    sending.on('error', reject).end(body);
  });
}

const JSON_BODY = { 'content-type': 'application/json' };

it.each(['[', 'a b', 'evil:99999', '%'])(
  'says that Host: %s is none, and nothing of itself',
  async (host) => {
    const asked = [
      await send('GET', '/graphql?query={__typename}', { host }),
      await send('GET', '/graphql', { host, accept: 'text/html' }),
      await send('POST', '/graphql?x=1', { host, ...JSON_BODY }, '{"query":"{ __typename }"}'),
    ];
    for (const [status, text] of asked) {
      expect(status).toBe(400);
      const { errors } = JSON.parse(text) as Answer;
      expect(errors?.[0]?.extensions.code).toBe('BAD_INPUT');
      expect(text).not.toMatch(/node_modules|node:internal/);
    }
  },
);

describe('variables as deep as a body can make them', () => {
  const nested = (open: string, close: string, inner: string) =>
    `{"query":"query ($w: ObservationWhere) { observations(where: $w) { edges { cursor } } }","variables":{"w":${open.repeat(100_000)}${inner}${close.repeat(100_000)}}}`;
  it.each([
    ['filters', nested('{"not":', '}', '{}')],
    ['lists', nested('{"and":[', ']}', '{}')],
    [
      'lists in a scalar',
      nested('[', ']', '1').replace('"w":', '"w":{"value":{"gt":').replace(/\}\}$/, '}}}}'),
    ],
  ])('%s', async (_name, body) => {
    const [, text] = await send('POST', '/graphql', JSON_BODY, body);
    const { errors } = JSON.parse(text) as Answer;
    expect(errors?.[0]).toMatchObject({
      message: expect.stringMatching(/nest too deeply/),
      extensions: { code: 'BAD_INPUT' },
    });
  });
});

it('answers the requests of a pipeline in order, and closes after one that is none', async () => {
  const { hostname, port } = new URL(api.url);
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let got = '';
    socket.on('data', (part) => {
      got += part;
    });
    socket.on('close', () => resolve(got)).on('error', reject);
    for (const body of ['{"query":"{ a: __typename }"}', '{"query":"{ b: __typename }"}', '[]']) {
      socket.write(
        `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    }
  });
  expect(text).toMatch(/\{"a":"Query"\}[\s\S]*\{"b":"Query"\}[\s\S]*BAD_INPUT/);
});

describe('bodies that come slowly, many at once', () => {
  it('are bounded in all, refused beyond that for now, and forgotten when they end', async () => {
    const small = await serveApi({ maxBodyBytes: 10_000, maxUnfinishedBytes: 25_000 });
    const { hostname, port } = new URL(small.url);
    const head = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n`;
    const whole = `{"query":"{ a: __typename }","variables":{"p":"${'x'.repeat(9_000)}`
      .slice(0, 8_997)
      .concat('"}}');
    try {
      const slow = Array.from({ length: 4 }, () => {
        const socket = connect(Number(port), hostname);
        const answer = new Promise<string>((resolve) => {
          socket.once('data', (part) => resolve(String(part)));
          socket.on('error', () => resolve('')).once('close', () => resolve(''));
        });
        socket.write(head + whole.slice(0, 8_000));
        return { socket, answer };
      });
      const first = await Promise.race(slow.map(async ({ answer }, n) => ({ n, text: await answer })));
      expect(first.text).toMatch(/^HTTP\/1\.1 503 [\s\S]*UNAVAILABLE/);
      const rest = slow.filter((_, n) => n !== first.n);
      rest[0]?.socket.destroy();
      for (const { socket } of rest.slice(1)) socket.write(whole.slice(8_000, 9_000));
      for (const { answer } of rest.slice(1)) expect(await answer).toContain('"a":"Query"');
      // What is over is not counted any more: there is room for as many again.
      for (let n = 0; n < 6; n += 1) {
        const response = await fetch(`${small.url}/graphql`, {
          method: 'POST',
          headers: JSON_BODY,
          body: whole,
        });
        expect(response.status).toBe(200);
      }
      for (const { socket } of slow) socket.destroy();
    } finally {
      await small.close();
    }
  });
});

it('refuses more of who sends operations that take long to read, over HTTP and over sockets, but nothing that is known', async () => {
  const small = await serveApi({ maxReadingMs: 100 });
  const slow = (n: number) => `query Q${n} { ${'me { name } '.repeat(1_000)} }`;
  const codes = async (query: string) =>
    (await small.query(query)).errors?.map(({ extensions }) => extensions.code);
  /** How many of the slow ones were read before one was refused; how long each takes is the machine's business. */
  const readOf = async (ask: (query: string) => Promise<unknown>): Promise<number> => {
    for (let n = 0; ; n += 1) {
      const [code] = [await ask(slow(n))].flat();
      if (code === 'LIMITED') return n;
      expect(code).toBe('GRAPHQL_VALIDATION_FAILED');
    }
  };
  try {
    expect(await codes('{ me { name } }')).toBeUndefined();
    expect(await readOf(codes)).toBeGreaterThan(0);
    expect(await codes('{ me { name } }')).toBeUndefined();
    const prepare = async (query: string) => {
      try {
        return small.executor.prepare({ query }, { address: '192.0.2.1' });
      } catch (error) {
        return error instanceof AggregateError ? error.errors[0]?.extensions.code : error;
      }
    };
    expect(await readOf(prepare)).toBeGreaterThan(0);
    expect(small.logged).toEqual([]);
  } finally {
    await small.close();
  }
});

describe('what is kept of operations', () => {
  it('is bounded by their length, whatever their number', () => {
    const kept = new LeastRecentlyUsed<number>(1_000);
    for (let n = 0; n < 500; n += 1) kept.set(`${n}`.padEnd(100), n);
    const there = Array.from({ length: 500 }, (_, n) => kept.get(`${n}`.padEnd(100)));
    expect(there.filter((value) => value !== undefined)).toEqual([
      490, 491, 492, 493, 494, 495, 496, 497, 498, 499,
    ]);
  });

  it('drops what was used the longest ago, and counts what is set twice once', () => {
    const kept = new LeastRecentlyUsed<number>(3);
    for (const key of ['a', 'b', 'c', 'c', 'c']) kept.set(key, 1);
    expect(kept.get('a')).toBe(1);
    kept.set('d', 1);
    expect(['a', 'b', 'c', 'd'].map((key) => kept.get(key))).toEqual([1, undefined, 1, 1]);
    kept.set('longer than all of it', 1);
    expect(kept.get('longer than all of it')).toBeUndefined();
  });
});
