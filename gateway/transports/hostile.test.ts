import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientFrame, handshake, RawClient } from '../testing/raw-client.ts';
import { type RunningGateway, runGateway, SILENT } from '../testing/running-gateway.ts';
import { TestClient } from '../testing/test-client.ts';

/** More of them, and others, by the environment. */
const RUNS = Number(process.env.PRESAGE_FUZZ_RUNS ?? 150);
const SEED = Number(process.env.PRESAGE_FUZZ_SEED ?? 11);
const EVENTS = 'subscription { observations(ready: true) { type cursor observation { value } } }';

let running: RunningGateway;
let witness: TestClient;
let unexpected: unknown[];
let clients: TestClient[];
let raws: RawClient[];

beforeEach(async () => {
  unexpected = [];
  const logger = { ...SILENT, error: (fields: object) => unexpected.push(fields) };
  running = await runGateway(
    { maxMessageBytes: 262_144, maxOperationCharacters: 200_000, closeGraceMs: 100 },
    { logger },
  );
  clients = [];
  raws = [];
  witness = await connect().ready();
  witness.subscribe('w', EVENTS);
  await witness.until((messages) => messages.some(({ type }) => type === 'next'));
});

afterEach(async () => {
  for (const { socket } of raws) socket.destroy();
  await expect.poll(() => running.gateway.stats().connections).toBeLessThanOrEqual(clients.length);
  await Promise.all(clients.slice(1).map((client) => client.stop()));
  // Nobody else is hurt, and nothing is left of those that are gone.
  running.log.put(running.log.stream(1), Date.now(), '7');
  running.broker.publish('main', running.log.entries.slice(-1));
  await witness.until((messages) => JSON.stringify(messages).includes('"value":"7"'));
  const left = () => {
    const { connections, subscriptions, cohorts, bytesBuffered } = running.gateway.stats();
    return { connections, subscriptions, cohorts, bytesBuffered };
  };
  await expect.poll(left).toEqual({ connections: 1, subscriptions: 1, cohorts: 1, bytesBuffered: 0 });
  await witness.stop();
  await running.stop();
  expect(unexpected).toEqual([]);
});

function connect(): TestClient {
  const client = new TestClient(running.url);
  clients.push(client);
  return client;
}

function raw(): RawClient {
  const client = new RawClient(running.url);
  raws.push(client);
  return client;
}

const text = (message: unknown): Buffer => Buffer.from(JSON.stringify(message));
const INIT = clientFrame(1, text({ type: 'connection_init' }));

it.each([
  ['at another path', handshake('/other')],
  ['with a token in its URL', handshake('/graphql?token=x')],
  ['without our protocol', handshake('/graphql', 'other')],
  ['that is none', handshake('/graphql').replace('Sec-WebSocket-Key', 'X')],
])('closes the connection of a handshake %s, though its client never does', async (_what, head) => {
  const client = raw().send(head).send('and more that nobody reads');
  await client.until('HTTP/1.1 ');
  await client.closed;
});

it('gives every id back as it came, whatever is in it', async () => {
  const client = await connect().ready();
  const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 12 });
  const anyId = fc.oneof(
    units.map((codes) => String.fromCharCode(...codes)),
    fc.constantFrom(
      '__proto__',
      'constructor',
      '"',
      '\\',
      '","type":"complete"}',
      '\u2028',
      '\ud800',
      '{',
      '🦆',
    ),
  );
  let n = 0;
  await fc.assert(
    fc.asyncProperty(anyId, async (id) => {
      n += 1;
      client.subscribe(id, `{ a${n}: hello }`);
      await client.until((messages) => messages.at(-1)?.type === 'complete');
      expect(client.messages.splice(0).filter(({ type }) => type === 'next' || type === 'complete')).toEqual([
        { id, type: 'next', payload: { data: { [`a${n}`]: 'world' } } },
        { id, type: 'complete' },
      ]);
      client.subscribe(id, `{ nothing${n} }`);
      await client.until((messages) => messages.at(-1)?.type === 'error');
      expect(client.messages.splice(0)[0]?.id).toBe(id);
    }),
    { numRuns: 60, seed: 7 },
  );
});

it('says of variables that nest too deeply that they do', async () => {
  const client = await connect().ready();
  const deep = `${'{"not":'.repeat(15_000)}{}${'}'.repeat(15_000)}`;
  const query = 'subscription ($w: ObservationWhere) { observations(where: $w) { type } }';
  client.send(`{"type":"subscribe","id":"1","payload":{"query":"${query}","variables":{"w":${deep}}}}`);
  await client.until((messages) => messages.some(({ id }) => id === '1'));
  expect(JSON.stringify(client.of('1')[0])).toMatch(/error.*nest too deeply.*BAD_INPUT/);
});

describe('what one connection keeps here', () => {
  const padded = (n: number) => `${EVENTS} # ${`${n}`.padEnd(40_000)}`;

  it('is bounded by the length of its operations, and free again when they are over', async () => {
    const client = await connect().ready();
    for (let n = 0; n < 6; n += 1) client.subscribe(`${n}`, padded(n));
    await client.until((messages) => messages.filter(({ id }) => id).length >= 6);
    const refused = client.messages.filter(({ type }) => type === 'error');
    expect(refused.map(({ id }) => id)).toEqual(['4', '5']);
    expect(JSON.stringify(refused[0])).toMatch(/more than 200000 characters.*LIMITED/);
    client.send({ type: 'complete', id: '0' });
    client.subscribe('6', padded(6));
    await client.until((messages) => messages.some(({ id }) => id === '6'));
    expect(client.of('6')[0]?.type).toBe('next');
    expect(running.gateway.stats().refusals['connection-operations']).toBe(2);
  });

  it('is nothing after thousands of subscriptions that end as soon as they begin, the unknown among them', async () => {
    await running.stop();
    running = await runGateway({ maxMessagesPerSecond: 100_000 });
    clients = [];
    witness = await connect().ready();
    witness.subscribe('w', EVENTS);
    const client = await connect().ready();
    for (let n = 0; n < 3_000; n += 1) {
      client.subscribe(`${n % 7}`, EVENTS);
      client.send({ type: 'complete', id: `${n % 7}` });
      client.send({ type: 'complete', id: `unknown ${n}` });
    }
    client.subscribe('last', '{ hello }');
    await client.until((messages) => messages.some(({ id, type }) => id === 'last' && type === 'complete'));
  });
});

describe('requests of every kind', () => {
  const junk = fc.oneof(
    fc.constantFrom(
      '',
      '__proto__',
      '[]',
      '%00',
      '%ff%fe',
      '%',
      'true',
      '-1',
      'null',
      '..%2f',
      "' OR 1=1 --",
      '🦆',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => encodeURIComponent(text)),
  );
  const name = fc.oneof(
    fc.constantFrom(
      'topic',
      'stream',
      'filter',
      'after',
      'snapshot',
      'ready',
      'includeData',
      'query',
      'variables',
    ),
    junk,
  );
  const value = fc.oneof(
    junk,
    fc.constantFrom(
      'observation',
      'prediction',
      'value>=1',
      'value in 1,2',
      'stream.name==x',
      '{"a":',
      '{hello}',
    ),
  );
  const url = fc
    .tuple(
      fc.constantFrom('/realtime/sse', '/graphql/stream'),
      fc.array(fc.tuple(name, value), { maxLength: 6 }),
    )
    .map(([path, pairs]) => `${path}?${pairs.map(([key, given]) => `${key}=${given}`).join('&')}`);
  const header = fc.constantFrom(
    'Last-Event-ID: \xff\xfe',
    'Last-Event-ID: MQ',
    'Authorization: Basic x',
    'Authorization: Bearer bad',
    'Accept: application/json',
    'Content-Type: text/plain',
    'Content-Type: application/json',
    'X-Nothing: 1',
  );
  const body = fc.constantFrom(
    '',
    '[',
    '{}',
    '{"query":5}',
    '{"query":"{ hello }","variables":[]}',
    '"',
    '{"query":"{ hello }"}',
  );

  it('are answered by what they are, hurt nobody and leave nothing', async () => {
    const STATUSES = /^HTTP\/1\.1 (?:200|400|401|405|406|415) /;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'OPTIONS'),
        url,
        fc.array(header, { maxLength: 3 }),
        body,
        async (method, path, headers, text) => {
          const head = [
            `${method} ${path.replaceAll('🦆', '%F0%9F%A6%86').replaceAll(' ', '+')} HTTP/1.1`,
            'Host: x',
          ];
          const client = raw().send(
            [...head, ...headers, `Content-Length: ${text.length}`, '', text].join('\r\n'),
          );
          await client.until('\r\n\r\n');
          expect([client.got.slice(0, 300), STATUSES.test(client.got) || /204/.test(client.got)]).toEqual([
            expect.any(String),
            true,
          ]);
          client.socket.destroy();
        },
      ),
      { numRuns: RUNS, seed: SEED },
    );
  });
});

describe('frames of every kind', () => {
  const word = fc.constantFrom(
    ...[
      { type: 'connection_init' },
      { type: 'ping', payload: {} },
      { type: 'pong' },
      { type: 'subscribe', id: 'a', payload: { query: EVENTS } },
      { type: 'subscribe', id: 'b', payload: { query: '{ hello }' } },
      { type: 'subscribe', id: '__proto__', payload: { query: EVENTS, variables: { __proto__: 1 } } },
      {
        type: 'subscribe',
        id: 'c',
        payload: { query: 'subscription { observations { ...A } } fragment A on ObservationEvent { ...A }' },
      },
      {
        type: 'subscribe',
        id: 'd',
        payload: {
          query: 'subscription ($w: ObservationWhere) { observations(where: $w) { type } }',
          variables: { w: { value: { gt: {} } } },
        },
      },
      { type: 'complete', id: 'a' },
      { type: 'complete', id: 'nobody' },
      { type: 'next', id: 'a' },
      { type: 'toString' },
    ].map(text),
    Buffer.from(
      `{"type":"subscribe","id":"e","payload":{"query":"subscription($w: ObservationWhere){observations(where:$w){type}}","variables":{"w":${'{"not":'.repeat(15_000)}{}${'}'.repeat(15_000)}}}}`,
    ),
    Buffer.from('[['.repeat(20_000)),
    Buffer.from('{"type":"ping","__proto__":{"type":"subscribe"}}'),
    Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
    Buffer.from('{"type":"\xed\xa0\x80"}', 'latin1'),
    Buffer.alloc(0),
  );
  const whole = word.map((payload) => [clientFrame(1, payload)]);
  /** In parts, with a control frame between any two. */
  const fragmented = fc
    .tuple(word, fc.integer({ min: 1, max: 5 }), fc.constantFrom(9, 10))
    .map(([payload, parts, control]) => {
      const size = Math.ceil(payload.length / parts);
      return Array.from({ length: parts }, (_, n) => [
        clientFrame(n === 0 ? 1 : 0, payload.subarray(n * size, (n + 1) * size), { final: n === parts - 1 }),
        ...(n < parts - 1 ? [clientFrame(control, Buffer.from('p'))] : []),
      ]).flat();
    });
  const malformed = fc.oneof(
    fc
      .record({
        opcode: fc.integer({ min: 0, max: 15 }),
        final: fc.boolean(),
        bits: fc.constantFrom(0, 0x10, 0x40, 0x70),
      })
      .map(({ opcode, ...rest }) => [clientFrame(opcode, Buffer.from('x'), rest)]),
    fc.constant([clientFrame(9, Buffer.alloc(126))]),
    fc.constant([clientFrame(8, Buffer.from([0x03]))]),
    fc.constant([clientFrame(8, Buffer.from([0x00, 0x01, 0xff, 0xff]))]),
    // Unmasked, and lengths that are never to come.
    fc.constant([Buffer.from([0x81, 0x02, 0x7b, 0x7d])]),
    fc.constant([Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])]),
    fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => [Buffer.from(bytes)]),
  );

  it('hurt nobody and leave nothing', { timeout: 60_000 }, async () => {
    const script = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: whole },
        { weight: 3, arbitrary: fragmented },
        { weight: 1, arbitrary: malformed },
      ),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    const ending = fc.constantFrom<'end' | 'cut' | 'reset'>('end', 'cut', 'reset');
    await fc.assert(
      fc.asyncProperty(script, fc.boolean(), ending, async (frames, isReady, how) => {
        const client = raw().send(handshake('/graphql'));
        await client.until('\r\n\r\n');
        if (isReady) await client.send(INIT).until('connection_ack');
        for (const part of frames.flat()) client.send(part);
        if (how === 'cut') client.socket.destroy();
        else if (how === 'reset') client.socket.resetAndDestroy();
        else client.socket.end();
        await client.closed;
      }),
      {
        numRuns: RUNS,
        seed: SEED,
      },
    );
  });
});
