import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clientFrame, RawClient } from '../../testing/raw-client.ts';
import { type RunningGateway, runGateway } from '../../testing/running-gateway.ts';
import { framesSent } from '../../testing/server-frames.ts';

let running: RunningGateway;
let client: RawClient;
beforeAll(async () => {
  running = await runGateway({ closeGraceMs: 100 });
});
afterEach(() => client.socket.destroy());
afterAll(() => running.stop());

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const GOOD: Readonly<Record<string, string>> = {
  Host: 'x',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Key': KEY,
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Protocol': 'graphql-transport-ws',
};

/** A good handshake but for these headers, of which empty ones are left out. */
function handshake(other: Readonly<Record<string, string>> = {}, first = 'GET /graphql HTTP/1.1'): string {
  const lines = Object.entries({ ...GOOD, ...other }).filter(([, value]) => value !== '');
  return [first, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
}

function send(head: string): RawClient {
  client = new RawClient(running.url).send(head);
  return client;
}

/** The answer's head and, of a refusal, what it says. */
async function answer(
  head: string,
): Promise<{ status: number; header: (name: string) => string | undefined; message: string }> {
  const { got } = await send(head).until('\r\n\r\n');
  if (!got.startsWith('HTTP/1.1 101')) await client.closed;
  const [top = '', body = ''] = client.got.split('\r\n\r\n');
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(top)?.[1];
  const message = body.startsWith('{') ? JSON.parse(body).errors[0].message : body;
  return { status: Number(top.split(' ')[1]), header, message };
}

/** How a connection that was accepted ends: the client says nothing more. */
async function ending(head: string): Promise<string> {
  await send(head).until('\r\n\r\n');
  await client.closed;
  return client.got.slice(client.got.indexOf('\r\n\r\n') + 8);
}

describe('a handshake is accepted', () => {
  it.each([
    ['as RFC 6455 has it', {}],
    ['with headers in capitals', { Upgrade: 'WebSocket', Connection: 'keep-alive, UPGRADE' }],
    ['with several protocols', { 'Sec-WebSocket-Protocol': 'other, graphql-transport-ws' }],
    ['from a page of another origin', { Origin: 'https://app.example' }],
  ])('%s', async (_what, headers) => {
    const { status, header } = await answer(handshake(headers));
    const accept = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    expect([status, header('sec-websocket-accept'), header('sec-websocket-protocol')]).toEqual([
      101,
      accept,
      'graphql-transport-ws',
    ]);
  });

  it.each([
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; client_max_window_bits=1; nonsense, x-webkit-deflate-frame',
  ])('without the extensions that it offers: %s', async (offered) => {
    const { status, header } = await answer(handshake({ 'Sec-WebSocket-Extensions': offered }));
    expect([status, header('sec-websocket-extensions')]).toEqual([101, undefined]);
    // 13.1 of Autobahn: what was not agreed is not understood either.
    client.send(clientFrame(1, Buffer.from('aa', 'hex'), { bits: 0x40 }));
    await client.closed;
    expect(framesSent(client.got)).toEqual(['close 1002']);
  });
});

describe('a handshake is refused by HTTP, with what to do', () => {
  it.each([
    [
      'another version',
      handshake({ 'Sec-WebSocket-Version': '12' }),
      426,
      /is "12"; this server speaks version 13/,
    ],
    [
      'an early version',
      handshake({ 'Sec-WebSocket-Version': '8' }),
      426,
      /is "8"; this server speaks version 13/,
    ],
    [
      'no version',
      handshake({ 'Sec-WebSocket-Version': '' }),
      426,
      /is missing; this server speaks version 13/,
    ],
    ['no key', handshake({ 'Sec-WebSocket-Key': '' }), 400, /Sec-WebSocket-Key is missing/],
    ['a short key', handshake({ 'Sec-WebSocket-Key': 'YQ==' }), 400, /not 16 bytes in base64/],
    [
      'another method',
      handshake({ 'Content-Length': '0' }, 'POST /graphql HTTP/1.1'),
      405,
      /by GET, not by POST/,
    ],
    ['another path', handshake({}, 'GET /other HTTP/1.1'), 404, /There is no WebSocket at \/other/],
    [
      'protocols that are no names',
      handshake({ 'Sec-WebSocket-Protocol': 'a, a' }),
      400,
      /handshake is none: Invalid Sec-WebSocket-Protocol/,
    ],
  ])('%s', async (_what, head, status, says) => {
    const refused = await answer(head);
    expect([refused.status, refused.message]).toEqual([status, expect.stringMatching(says)]);
    if (status !== 426) return;
    expect([refused.header('upgrade'), refused.header('sec-websocket-version')]).toEqual(['websocket', '13']);
  });
});

describe('a subprotocol that is not spoken is refused by 4406, as only that is shown to a program', () => {
  it.each([
    ['', /No subprotocol was offered; offer graphql-transport-ws/],
    ['graphql-ws', /graphql-ws is the old subscriptions-transport-ws; use graphql-transport-ws/],
    ['chat, superchat', /not acceptable; use graphql-transport-ws/],
  ])('%j', async (offered, says) => {
    const said = await ending(handshake({ 'Sec-WebSocket-Protocol': offered }));
    expect(said).toMatch(says);
    // Autobahn's limit on a control frame, head and code included.
    expect(said.length).toBeLessThanOrEqual(125);
  });
});

describe('a request that asks for another protocol by the by is answered as if it had not', () => {
  const H2C = {
    Connection: 'Upgrade, HTTP2-Settings',
    Upgrade: 'h2c',
    'HTTP2-Settings': 'AAMAAABkAAQAoAAAAAIAAAAA',
  };

  it.each([
    ['h2c, as Java and curl --http2 send it', H2C, 'HTTP/1.1'],
    ['a protocol that nobody knows', { Connection: 'upgrade', Upgrade: 'foo/2' }, 'HTTP/1.1'],
    ['a WebSocket by HTTP/1.0, which has none', { Connection: 'upgrade', Upgrade: 'websocket' }, 'HTTP/1.0'],
  ])('%s', async (_what, headers, version) => {
    const body = JSON.stringify({ query: `{ hello } # ${'x'.repeat(100_000)}` });
    const lines = {
      Host: 'x',
      Accept: 'text/event-stream',
      ...headers,
      'Content-Type': 'application/json',
      'Content-Length': `${body.length}`,
    };
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
    // Where WebSockets are, too: the address of the API.
    send(`POST /graphql ${version}\r\n${head.join('')}\r\n`);
    client.send(body.slice(0, 10)).send(body.slice(10));
    await client.until('event: complete');
    expect(client.got).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(client.got).toContain('{"data":{"hello":"world"}}');
  });

  it('again and again on one connection', async () => {
    const ask = 'OPTIONS /graphql/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';
    send(ask);
    for (let n = 1; n <= 5; n += 1) {
      await expect.poll(() => client.got.split('HTTP/1.1 204').length - 1).toBe(n);
      client.send(ask);
    }
  });
});
