import pg from 'pg';
import { WebSocket, WebSocketServer } from 'ws';
import { type Line, type Part, percentile } from './line.ts';
import { Counting, healthy, Network, Source } from './redis-network.ts';
import { requireRedis } from './redis-server.ts';

const ROUNDS = 3;
const PUBLISHED = 60;

interface Set {
  readonly name: string;
  readonly source: Source;
  readonly clients: Counting;
  readonly times: number[];
}

/**
 * From calling `publishObservations` over HTTP to the event's arrival at a WebSocket client, one at a time on an idle
 * system: in one process, in one process over Redis, and over three processes. Beside it, what can't be had for less:
 * one committed insert and one WebSocket round trip.
 */
export const redisLatency: Part = {
  name: 'latency-over-redis',
  run: async ({ full }) => {
    const network = await Network.open(requireRedis());
    try {
      const alone = await network.start('all', false);
      const overRedis = await network.start('all', true);
      const [api, gateway] = [await network.start('api', true), await network.start('gateway', true)];
      await network.start('streamer', true);
      await healthy([alone, overRedis, api, gateway]);
      const sets = [
        await openSet('in one process', alone, alone),
        await openSet('one process over Redis', overRedis, overRedis),
        await openSet('three processes over Redis', api, gateway),
      ];
      const least: number[] = [];
      const floor = await openFloor(network.databaseUrl);
      const published = full ? 10 * PUBLISHED : PUBLISHED;
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const { clients, source, times } of sets) {
          for (let n = 0; n < published; n += 1)
            times.push(await clients.receive(1, () => source.publish(1)));
        }
        for (let n = 0; n < published; n += 1) least.push(await floor.once());
      }
      await floor.close();
      for (const { clients } of sets) clients.close();
      return linesOf(sets, least);
    } finally {
      await network.close();
    }
  },
};

function linesOf(sets: readonly Set[], least: readonly number[]): Line[] {
  const lines: Line[] = [];
  const alone = sets[0]?.times ?? [];
  for (const [share, label] of [
    [0.5, 'p50'],
    [0.99, 'p99'],
  ] as const) {
    for (const { name, times } of sets) {
      const ours = percentile(times, share);
      const common = { what: `publish to delivery, ${name}, ${label}`, unit: 'ms', ours };
      const floor = percentile(least, share);
      const line = { ...common, peer: 'one insert and one round trip', theirs: floor, ratio: ours / floor };
      const isBudget = times === alone && share === 0.5;
      lines.push(isBudget ? { ...line, bound: { kind: 'at most', ratio: 2 } } : line);
      if (times === alone) continue;
      const theirs = percentile(alone, share);
      lines.push({ ...common, peer: 'in one process', theirs, ratio: ours / theirs });
    }
  }
  return lines;
}

async function openSet(name: string, publishTo: string, subscribeAt: string): Promise<Set> {
  const clients = new Counting();
  const source = await new Source(publishTo).open();
  await clients.connect(subscribeAt, source.streamUuid, 1);
  return { name, source, clients, times: [] };
}

/** One committed insert by `pg`, then one WebSocket round trip. */
async function openFloor(databaseUrl: string): Promise<{ once(): Promise<number>; close(): Promise<void> }> {
  const database = new pg.Client(databaseUrl);
  await database.connect();
  await database.query(
    'CREATE TABLE IF NOT EXISTS bench_floor (id bigserial PRIMARY KEY, value numeric, at timestamptz)',
  );
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const socket = new WebSocket(`ws://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  await new Promise((resolve) => socket.once('open', resolve));
  return {
    once: async () => {
      const began = performance.now();
      await database.query({
        name: 'floor',
        text: 'INSERT INTO bench_floor (value, at) VALUES ($1, now())',
        values: ['1.5'],
      });
      const echoed = new Promise((resolve) => socket.once('message', resolve));
      socket.send('{"type":"next","id":"1","payload":{}}');
      await echoed;
      return performance.now() - began;
    },
    close: async () => {
      socket.terminate();
      server.close();
      await database.query('DROP TABLE bench_floor');
      await database.end();
    },
  };
}
