import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { type WebSocket as Socket, WebSocket, WebSocketServer } from 'ws';
import { startEmbeddedPostgres } from '../../server/storage/embedded-postgres.ts';
import { freePort, Presage } from '../../tests/support/presage.ts';
import { Publisher } from '../../tests/support/publisher.ts';
import { HttpCaller } from '../http-caller.ts';
import { InsertAndEcho } from '../insert-and-echo.ts';
import { type Line, type Part, percentile } from './line.ts';

/**
 * From a publisher's call to the event at a subscriber, committed in between, one at a time on an idle system; beside
 * one committed insert by `pg` of an observation's row and one round trip over a bare WebSocket to another process. Each
 * is a message to another process and one back, and a commit to the same database. All of them are warmed before they are
 * timed, as a server in use is, and take turns. Calls follow one another at once, or after a pause in which everything
 * goes to sleep. The insert is into a table of two columns and the echo within this process in the last lines: the least
 * that an insert and an echo can be, which an observation's row is not.
 */
export const latency: Part = {
  name: 'latency',
  run: async ({ full }) => {
    const directory = await mkdtemp(join(tmpdir(), 'presage-bench-'));
    const postgres = await startEmbeddedPostgres(directory);
    const port = await freePort();
    const server = new Presage(
      ['serve', '--port', String(port), '--data-dir', join(directory, 'server'), '--collect', 'none'],
      {
        DATABASE_URL: postgres.url,
        PRESAGE_LOG_LEVEL: 'info',
        // One client stands for many here.
        PRESAGE_MAX_MESSAGES_PER_SECOND: '1000000',
      },
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
/** Calls of each before any is timed: Node interprets code until it has run often. */
const WARM_CALLS = 2_500;
/** Before each call, in ms. */
const PAUSES = [0, 5];

/** Makes one call; resolves when what is timed is over, with what is left to wait for. */
type Call = (n: number) => Promise<() => Promise<void>>;

async function measure(port: number, database: string, calls: number): Promise<Line[]> {
  const address = `127.0.0.1:${port}`;
  const publisher = new Publisher(`http://${address}`);
  const accessToken = await publisher.signIn();
  for (const name of ['s', 'floor']) {
    await publisher.ask('mutation ($name: String!) { createStream(input: { name: $name }) { uuid } }', {
      name,
    });
  }
  const url = `ws://${address}/graphql`;
  const subscriber = await subscribed(url, accessToken);
  const overSocket = await publishOverSocket(url, accessToken, subscriber);
  const overHttp = publishOverHttp(port, accessToken, subscriber);
  const floor = await InsertAndEcho.open(database);
  const least = await toyInsertAndEcho(database);
  const all = {
    overSocket: overSocket.call,
    overHttp: overHttp.call,
    floor: async () => {
      await floor.once();
      return async () => undefined;
    },
    least: least.call,
  };
  for (const call of Object.values(all)) await timed(call, WARM_CALLS, 0);
  const lines: Line[] = [];
  for (const pauseMs of PAUSES) {
    const times: Record<keyof typeof all, number[]> = { overSocket: [], overHttp: [], floor: [], least: [] };
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const name of ['overSocket', 'floor', 'overHttp', 'least'] as const) {
        times[name].push(...(await timed(all[name], calls, pauseMs)));
      }
    }
    const how = pauseMs === 0 ? 'at once' : `every ${pauseMs} ms`;
    const one = `publish (over WebSocket) to delivery, ${how}`;
    lines.push(
      ...linesOf(one, times.overSocket, 'insert and echo', times.floor, true),
      ...linesOf(
        `publish (over HTTP) to delivery, ${how}`,
        times.overHttp,
        'insert and echo',
        times.floor,
        false,
      ),
      ...linesOf(one, times.overSocket, 'toy insert, own echo', times.least, false).slice(0, 1),
    );
  }
  for (const { close } of [overSocket, overHttp, least]) await close();
  await floor.close();
  subscriber.socket.terminate();
  return lines;
}

function linesOf(
  what: string,
  ours: readonly number[],
  peer: string,
  plain: readonly number[],
  isBudget: boolean,
): Line[] {
  return [0.5, 0.99].map((share): Line => {
    const [own, theirs] = [percentile(ours, share), percentile(plain, share)];
    const line = { unit: 'ms', ours: own, peer, theirs, ratio: own / theirs };
    const named = { what: `${what}, p${share * 100}`, ...line };
    return isBudget && share === 0.5 ? { ...named, bound: { kind: 'at most', ratio: 2 } } : named;
  });
}

interface Caller {
  readonly call: Call;
  readonly close: () => void | Promise<void>;
}

async function publishOverSocket(url: string, accessToken: string, subscriber: Peer): Promise<Caller> {
  const caller = await ready(url, accessToken);
  return {
    call: async (n) => {
      const delivered = subscriber.next();
      const payload = { query: PUBLISH, variables: { value: String(n) } };
      caller.socket.send(JSON.stringify({ id: String(n), type: 'subscribe', payload }));
      await delivered;
      return async () => {
        // The answer and that it is complete.
        await caller.next();
        await caller.next();
      };
    },
    close: () => caller.socket.terminate(),
  };
}

function publishOverHttp(port: number, accessToken: string, subscriber: Peer): Caller {
  const caller = new HttpCaller(port, accessToken, 1);
  return {
    call: async (n) => {
      const delivered = subscriber.next();
      const answered = caller.ask(PUBLISH, { value: String(n) });
      await delivered;
      return async () => {
        await answered;
      };
    },
    close: () => caller.close(),
  };
}

async function toyInsertAndEcho(database: string): Promise<Caller> {
  const echo = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await new Promise((resolve) => echo.once('listening', resolve));
  echo.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  const address = echo.address();
  const peer = await connect(`ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
  const client = new pg.Client(database);
  await client.connect();
  await client.query('CREATE TABLE bench_rows (id bigserial PRIMARY KEY, value numeric, hash bytea)');
  const hash = Buffer.alloc(32);
  const text = 'INSERT INTO bench_rows (value, hash) VALUES ($1, $2)';
  return {
    call: async (n) => {
      await client.query({ name: 'insert', text, values: [String(n), hash] });
      peer.socket.send(`{"value":"${n}"}`);
      await peer.next();
      return async () => undefined;
    },
    close: async () => {
      peer.socket.terminate();
      echo.close();
      await client.end();
    },
  };
}

/** Milliseconds of each call; what a call gives back is awaited outside of its time. */
async function timed(call: Call, calls: number, pauseMs: number): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < calls; n += 1) {
    if (pauseMs > 0) await pause(pauseMs);
    const from = performance.now();
    const rest = await call(n);
    times.push(performance.now() - from);
    await rest();
  }
  return times;
}

const PING = '{"type":"ping"}';
const PONG = '{"type":"pong"}';

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
    if (String(data) === PING) return socket.send(PONG);
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
