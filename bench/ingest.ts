import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { type WebSocket as Socket, WebSocket } from 'ws';
import { openDatabase } from '../server/storage/database.ts';
import { startEmbeddedPostgres } from '../server/storage/embedded-postgres.ts';
import { findPostmaster } from '../server/storage/postmaster.ts';
import { freePort, Presage } from '../tests/support/presage.ts';
import { Publisher } from '../tests/support/publisher.ts';
import { HttpCaller } from './http-caller.ts';
import { InsertAndEcho } from './insert-and-echo.ts';
import { inTurns, median, report, type Turn } from './turns.ts';
import { compareServers, FurtherServers } from './writers.ts';

/**
 * `npm run bench:ingest`: writing and delivering, as ratios against the plainest way to do the same with the same
 * database in the same minute. Server, database and clients share the machine, for both sides; the processor time that
 * each of them takes is printed below, and is the steadier figure. The callers of the plain side, which is without a
 * server, do what it has to do in process.
 */
const ROWS = 1_000;
const BATCHES = 150;
const CALLERS = 4;
const STREAMS = 50;
/** Of one observation, of each of 64 callers. */
const CALLS_EACH = 160;
/** In each turn, of which the first warms up. */
const DELIVERIES = 1_000;
const quiet = { info: () => undefined, warn: () => undefined };

const PUBLISH = `mutation ($input: PublishObservationsInput!) {
  publishObservations(input: $input) { successful failed cursor errors { index code } } }`;

const directory = await mkdtemp(join(tmpdir(), 'presage-bench-'));
const postgres = await startEmbeddedPostgres(directory);
const database = await openDatabase(postgres.url, 10, quiet);
const port = await freePort();
const server = new Presage(
  ['serve', '--port', String(port), '--data-dir', join(directory, 'server'), '--collect', 'none'],
  { DATABASE_URL: postgres.url, PRESAGE_LOG_LEVEL: 'info' },
);
await server.start('Presage is ready');
const publisher = new Publisher(`http://127.0.0.1:${port}`);
const token = await publisher.signIn();
const caller = new HttpCaller(port, token, 64);
for (let i = 0; i < STREAMS; i += 1) {
  await publisher.ask(`mutation { createStream(input: { name: "s${i}" }) { uuid } }`);
}
const { rows: streams } = await database.pool.query<{ id: number }>('SELECT id FROM streams ORDER BY id');
const pids = {
  server: server.pid ?? 0,
  database: (await findPostmaster(join(directory, 'postgres')))?.pid ?? 0,
};
let clock = 1_600_000_000_000;
let rawPosition = 1_000_000_000;

/** The first of `count` times that no observation has yet. */
function times(count: number): number {
  clock += count;
  return clock - count;
}

/** The first of `count` positions far beyond those of the server. */
function positions(count: number): number {
  rawPosition += count;
  return rawPosition - count;
}

const only = process.argv.slice(2);
if (wanted('batches')) {
  report(
    'batches of 1,000, callers in parallel',
    'rows/s',
    0.7,
    await inTurns(pids, () => graphqlBatches([caller]), rawBatches),
  );
}
if (wanted('singles')) {
  const turns = await inTurns(pids, () => graphqlSingles([caller]), rawSingles);
  report('64 callers, one observation each', 'calls/s', 5, turns);
}
if (wanted('delivery')) {
  report(
    'publish to delivery, p50',
    'ms',
    2,
    await inTurns(pids, publishToDelivery, insertAndEcho),
    'at most',
  );
}
if (wanted('writers')) {
  const further = await FurtherServers.start(2, directory, postgres.url, token);
  const servers = [caller, ...further.callers];
  if (process.env.W !== 'singles')
    await compareServers('batches of 1,000, 4 callers', 'rows/s', servers, graphqlBatches);
  if (process.env.W !== 'batches')
    await compareServers('one observation each, 64 callers', 'calls/s', servers, graphqlSingles);
  await further.stop();
}

caller.close();
await server.stop();
await database.close();
await postgres.stop();
await rm(directory, { recursive: true, force: true });

/** `npm run bench:ingest -- batches singles delivery writers`: which parts to run; all of them without a word. */
function wanted(part: string): boolean {
  return only.length === 0 || only.includes(part);
}

async function parallel(callers: number, task: (nth: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: callers }, (_, nth) => task(nth)));
}

/** So many callers of each of these servers. */
async function graphqlBatches(servers: readonly HttpCaller[]): Promise<Turn> {
  let left = BATCHES;
  const began = performance.now();
  const publish = async (server: HttpCaller): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const from = times(ROWS);
      const observations = Array.from({ length: ROWS }, (_, i) => ({
        streamName: `s${i % STREAMS}`,
        value: String(i * 1.5),
        observedAt: new Date(from + i).toISOString(),
      }));
      const answer = await server.ask(PUBLISH, { input: { observations } });
      const { failed } = answer.publishObservations as { failed: number };
      if (failed > 0) throw new Error(JSON.stringify(answer));
    }
  };
  await Promise.all(servers.map((server) => parallel(CALLERS, () => publish(server))));
  const items = BATCHES * ROWS;
  return { figure: (items * 1_000) / (performance.now() - began), items };
}

/** The same rows into the same table, by the fewest moves: no parsing, no chain, no order between writers. */
async function rawBatches(): Promise<Turn> {
  let left = BATCHES;
  const began = performance.now();
  await parallel(CALLERS, async () => {
    while (left > 0) {
      left -= 1;
      const from = times(ROWS);
      await insertRaw(database.pool, positions(ROWS), from, ROWS);
    }
  });
  const items = BATCHES * ROWS;
  return { figure: (items * 1_000) / (performance.now() - began), items };
}

async function insertRaw(db: pg.Pool | pg.Client, first: number, from: number, rows: number): Promise<void> {
  const indexes = Array.from({ length: rows }, (_, i) => i);
  await db.query({
    name: 'raw',
    text: `INSERT INTO observations (tenant, position, stream_id, observed_at, value, hash, provider, ts)
           SELECT 'default', p, s, t, v, h, 'bench', now()
             FROM unnest($1::bigint[], $2::int[], $3::timestamptz[], $4::numeric[], $5::bytea[]) AS r(p, s, t, v, h)`,
    values: [
      indexes.map((i) => first + i),
      indexes.map((i) => streams[i % STREAMS]?.id),
      indexes.map((i) => new Date(from + i)),
      indexes.map((i) => String(i * 1.5)),
      indexes.map((i) => Buffer.from(hash('sha256', `${from + i}`, 'hex'), 'hex')),
    ],
  });
}

async function graphqlSingles(servers: readonly HttpCaller[]): Promise<Turn> {
  return singles(async (nth) => {
    const observations = [{ streamName: `s${nth % STREAMS}`, value: 1 }];
    await servers[nth % servers.length]?.ask(PUBLISH, { input: { observations } });
  });
}

/** One transaction a call, over the same pool of connections, by a server that does nothing else. */
async function rawSingles(): Promise<Turn> {
  return singles(async () => {
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await client.query("SELECT position FROM log_heads WHERE tenant = 'default' FOR UPDATE");
    await client.query('SELECT hash FROM stream_heads WHERE stream_id = $1', [streams[0]?.id]);
    await client.query(
      `INSERT INTO observations (tenant, position, stream_id, observed_at, value, hash, provider, ts)
       VALUES ('default', $1, $2, $3, 1, $4, 'bench', now())`,
      [positions(1), streams[0]?.id, new Date(times(1)), Buffer.alloc(32)],
    );
    await client.query('COMMIT');
    client.release();
  });
}

async function singles(call: (nth: number) => Promise<void>): Promise<Turn> {
  const items = 64 * CALLS_EACH;
  const began = performance.now();
  await parallel(64, async (nth) => {
    for (let i = 0; i < CALLS_EACH; i += 1) await call(nth);
  });
  return { figure: (items * 1_000) / (performance.now() - began), items };
}

/** From the call to the event at a subscriber, one at a time on an idle system, in ms. */
async function publishToDelivery(): Promise<Turn> {
  const socket = await connect(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  const next = messages(socket);
  socket.send(JSON.stringify({ type: 'connection_init', payload: { accessToken: token } }));
  await next();
  const query = 'subscription { observations(ready: true) { type observation { value } } }';
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  await next();
  const latencies: number[] = [];
  for (let i = 0; i < DELIVERIES; i += 1) {
    const began = performance.now();
    const delivered = next().then(() => latencies.push(performance.now() - began));
    await caller.ask(PUBLISH, { input: { observations: [{ streamName: 's0', value: i }] } });
    await delivered;
  }
  socket.close();
  return { figure: median(latencies), items: DELIVERIES };
}

/** What a publication and its delivery can't be had for less, in ms. */
async function insertAndEcho(): Promise<Turn> {
  const floor = await InsertAndEcho.open(postgres.url);
  const latencies: number[] = [];
  for (let i = 0; i < DELIVERIES; i += 1) {
    const began = performance.now();
    await floor.once();
    latencies.push(performance.now() - began);
  }
  await floor.close();
  return { figure: median(latencies), items: DELIVERIES };
}

function connect(url: string, protocol?: string): Promise<Socket> {
  const socket = new WebSocket(url, protocol);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

function messages(socket: Socket): () => Promise<void> {
  let waiting = 0;
  const takers: (() => void)[] = [];
  socket.on('message', () => {
    const take = takers.shift();
    if (take) take();
    else waiting += 1;
  });
  return () => {
    if (waiting === 0) return new Promise((resolve) => takers.push(resolve));
    waiting -= 1;
    return Promise.resolve();
  };
}
