import { InsertAndEcho } from '../insert-and-echo.ts';
import { type Line, type Part, percentile } from './line.ts';
import { Counting, healthy, Network, Source } from './redis-network.ts';
import { requireRedis } from './redis-server.ts';

const ROUNDS = 3;
const PUBLISHED = 60;
/** Calls of each before any is timed: code is slow until it is hot. */
const WARM_CALLS = 1_000;

interface Set {
  readonly name: string;
  readonly source: Source;
  readonly clients: Counting;
  readonly times: number[];
}

/**
 * From calling `publishObservations` over HTTP to the event's arrival at a WebSocket client, one at a time on an idle
 * system: in one process, in one process over Redis, and over three processes. Beside it, what can't be had for less:
 * one committed insert of the same row and one WebSocket round trip to another process. All of it is warmed first.
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
      const floor = await InsertAndEcho.open(network.databaseUrl);
      for (let n = 0; n < WARM_CALLS; n += 1) {
        await floor.once();
        for (const { clients, source } of sets) await clients.receive(1, () => source.publish(1));
      }
      const published = full ? 10 * PUBLISHED : PUBLISHED;
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const { clients, source, times } of sets) {
          for (let n = 0; n < published; n += 1)
            times.push(await clients.receive(1, () => source.publish(1)));
        }
        for (let n = 0; n < published; n += 1) {
          const began = performance.now();
          await floor.once();
          least.push(performance.now() - began);
        }
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
