import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type WebSocket as Socket, WebSocket, WebSocketServer } from 'ws';
import { startEmbeddedPostgres } from '../../server/storage/embedded-postgres.ts';
import { freePort, Presage } from '../../tests/support/presage.ts';
import { Publisher } from '../../tests/support/publisher.ts';
import { HttpCaller } from '../http-caller.ts';
import { type Line, type Part, percentile } from './line.ts';

/**
 * From a publisher's call to the event at a subscriber, committed in between, one at a time on an idle system; beside
 * one committed insert by `pg` and one round trip over a bare WebSocket. Each is a message to the server's process and
 * one back, and a commit to the same database.
 */
export const latency: Part = {
  name: 'latency',
  run: async ({ full }) => {
    const directory = await mkdtemp(join(tmpdir(), 'presage-bench-'));
    const postgres = await startEmbeddedPostgres(directory);
    const port = await freePort();
    const server = new Presage(
      ['serve', '--port', String(port), '--data-dir', join(directory, 'server'), '--collect', 'none'],
      { DATABASE_URL: postgres.url, PRESAGE_LOG_LEVEL: 'info' },
    );
    await server.start('Presage is ready');
    try {
      return await measure(port, postgres.url, full ? 1_000 : 200);
    } finally {
      await server.stop();
      await postgres.stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

const PUBLISH = `mutation ($value: Decimal!) {
  publishObservations(input: { observations: [{ streamName: "s", value: $value }] }) { successful } }`;
const SUBSCRIBE =
  'subscription { observations(ready: true) { type cursor observation { value observedAt } } }';
const TURNS = 3;

async function measure(port: number, database: string, calls: number): Promise<Line[]> {
  const address = `127.0.0.1:${port}`;
  const publisher = new Publisher(`http://${address}`);
  const accessToken = await publisher.signIn();
  await publisher.ask('mutation { createStream(input: { name: "s" }) { uuid } }');
  const caller = new HttpCaller(port, accessToken, 1);
  const overSocket: number[] = [];
  const overHttp: number[] = [];
  const plain: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    overSocket.push(...(await publishOverSocket(`ws://${address}/graphql`, accessToken, calls)));
    plain.push(...(await insertAndEcho(database, calls)));
    overHttp.push(...(await publishOverHttp(caller, `ws://${address}/graphql`, accessToken, calls)));
  }
  caller.close();
  return [
    ...linesOf('publish (over WebSocket) to delivery', overSocket, plain),
    ...linesOf('publish (over HTTP) to delivery', overHttp, plain).map(({ bound: _, ...line }) => line),
  ];
}

function linesOf(what: string, ours: readonly number[], plain: readonly number[]): Line[] {
  return [0.5, 0.99].map((share): Line => {
    const [own, theirs] = [percentile(ours, share), percentile(plain, share)];
    const line = { unit: 'ms', ours: own, peer: 'insert and echo', theirs, ratio: own / theirs };
    const named = { what: `${what}, p${share * 100}`, ...line };
    return share === 0.5 ? { ...named, bound: { kind: 'at most', ratio: 2 } } : named;
  });
}

async function publishOverSocket(url: string, accessToken: string, calls: number): Promise<number[]> {
  const subscriber = await subscribed(url, accessToken);
  const caller = await ready(url, accessToken);
  const times = await timed(calls, async (n) => {
    const delivered = subscriber.next();
    const payload = { query: PUBLISH, variables: { value: String(n) } };
    caller.socket.send(JSON.stringify({ id: String(n), type: 'subscribe', payload }));
    await delivered;
    return async () => {
      // The answer and that it is complete.
      await caller.next();
      await caller.next();
    };
  });
  caller.socket.close();
  subscriber.socket.close();
  return times;
}

async function publishOverHttp(
  caller: HttpCaller,
  url: string,
  accessToken: string,
  calls: number,
): Promise<number[]> {
  const subscriber = await subscribed(url, accessToken);
  const times = await timed(calls, async (n) => {
    const delivered = subscriber.next();
    const answered = caller.ask(PUBLISH, { value: String(n) });
    await delivered;
    return async () => {
      await answered;
    };
  });
  subscriber.socket.close();
  return times;
}

async function insertAndEcho(database: string, calls: number): Promise<number[]> {
  const echo = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await new Promise((resolve) => echo.once('listening', resolve));
  echo.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  const address = echo.address();
  const peer = await connect(`ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
  const client = new pg.Client(database);
  await client.connect();
  await client.query(
    'CREATE TABLE IF NOT EXISTS bench_rows (id bigserial PRIMARY KEY, value numeric, hash bytea)',
  );
  const hash = Buffer.alloc(32);
  const times = await timed(calls, async (n) => {
    const text = 'INSERT INTO bench_rows (value, hash) VALUES ($1, $2)';
    await client.query({ name: 'insert', text, values: [String(n), hash] });
    peer.socket.send(`{"value":"${n}"}`);
    await peer.next();
    return async () => undefined;
  });
  peer.socket.close();
  echo.close();
  await client.end();
  return times;
}

/** Milliseconds of each call but the first few; what a call gives back is awaited outside of its time. */
async function timed(calls: number, call: (n: number) => Promise<() => Promise<void>>): Promise<number[]> {
  const times: number[] = [];
  for (let n = -20; n < calls; n += 1) {
    const from = performance.now();
    const rest = await call(n);
    if (n >= 0) times.push(performance.now() - from);
    await rest();
  }
  return times;
}

interface Peer {
  readonly socket: Socket;
  /** The next message that has not been waited for. */
  readonly next: () => Promise<void>;
}

async function subscribed(url: string, accessToken: string): Promise<Peer> {
  const peer = await ready(url, accessToken);
  peer.socket.send(JSON.stringify({ id: 's', type: 'subscribe', payload: { query: SUBSCRIBE } }));
  await peer.next();
  return peer;
}

async function ready(url: string, accessToken: string): Promise<Peer> {
  const peer = await connect(url, 'graphql-transport-ws');
  peer.socket.send(JSON.stringify({ type: 'connection_init', payload: { accessToken } }));
  await peer.next();
  return peer;
}

async function connect(url: string, protocol?: string): Promise<Peer> {
  const socket = new WebSocket(url, protocol, { perMessageDeflate: false });
  let waiting = 0;
  const takers: (() => void)[] = [];
  socket.on('message', (data) => {
    if (String(data).includes('"type":"ping"')) return;
    const take = takers.shift();
    if (take) take();
    else waiting += 1;
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const next = (): Promise<void> => {
    if (waiting === 0) return new Promise((resolve) => takers.push(resolve));
    waiting -= 1;
    return Promise.resolve();
  };
  return { socket, next };
}
