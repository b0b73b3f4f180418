import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { until } from '../testing/test-neuron.ts';
import { createSocket } from './socket.ts';

let server: WebSocketServer;
let url: string;
const tokens: unknown[] = [];

beforeEach(async () => {
  tokens.length = 0;
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'graphql-transport-ws' });
  await once(server, 'listening');
  const address = server.address();
  url = `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  server.on('connection', (socket) =>
    socket.on('message', (data) => {
      const { type, payload } = JSON.parse(String(data));
      if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
      if (type === 'ping') socket.send('{"type":"pong"}');
      if (payload?.accessToken) tokens.push([type, payload.accessToken]);
    }),
  );
});
afterEach(() => server.close());

it('tells the server of each token that was renewed, once, so that the connection outlives its first', async () => {
  let token = 'first';
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return token;
  };
  const { client } = createSocket({ url, token: ask, keepAliveMs: 20, timeoutMs: 5_000 });
  const end = client.subscribe(
    { query: 'subscription { x }' },
    { next: () => undefined, error: () => undefined, complete: () => undefined },
  );
  await until(() => tokens.length === 1, 'the first token');
  token = 'second';
  await until(() => tokens.length === 2, 'the second token');
  const before = asked;
  await until(() => asked > before + 2, 'a few looks at it, of which the server hears nothing');
  token = 'third';
  await until(() => tokens.length === 3, 'the third token');
  expect(tokens).toEqual([
    ['connection_init', 'first'],
    ['ping', 'second'],
    ['ping', 'third'],
  ]);
  end();
  await client.dispose();
});
