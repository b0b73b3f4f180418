import { Clients } from './clients.ts';
import { type Line, type Part, type PartOptions, percentile } from './line.ts';
import { barePeer } from './peers/bare.ts';
import { mercuriusPeer } from './peers/mercurius.ts';
import type { Peer } from './peers/peer.ts';
import { presagePeer } from './peers/presage.ts';
import { yogaPeer } from './peers/yoga.ts';

/**
 * One event to many WebSocket subscribers, from its publication to the last client's receipt, durable path off. The
 * clients are a process of their own that does the least a client can, the same for all.
 */
export const fanOut: Part = {
  name: 'fan-out',
  run: async (options) => {
    const lines: Line[] = [];
    for (const subscribers of [1_000]) {
      for (const filters of ['same', 'different'] as const) {
        lines.push(...(await linesOf(subscribers, filters, options)));
      }
    }
    return lines;
  },
};

const ROUNDS = 3;

async function linesOf(
  subscribers: number,
  filters: 'same' | 'different',
  { full }: PartOptions,
): Promise<Line[]> {
  const clients = Clients.start();
  const events = full ? 40 : 12;
  const starts: Record<string, () => Promise<Peer>> = {
    presage: () => presagePeer(filters),
    'one prepared frame': () => barePeer(),
    'graphql-ws and yoga pub/sub': () => yogaPeer(filters),
    Mercurius: () => mercuriusPeer(filters),
  };
  const times = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, start] of Object.entries(starts)) {
      const few = name === 'presage' || name === 'one prepared frame' ? events : Math.ceil(events / 4);
      const known = times.get(name) ?? [];
      known.push(...(await measure(clients, await start(), subscribers, few)));
      times.set(name, known);
    }
  }
  await clients.stop();
  const ours = percentile(times.get('presage') ?? [], 0.5);
  return [...times]
    .filter(([name]) => name !== 'presage')
    .map(([peer, all]) => {
      const theirs = percentile(all, 0.5);
      const least = peer.startsWith('graphql-ws') ? 10 : peer === 'one prepared frame' ? 0.8 : null;
      return {
        what: `fan-out to ${subscribers.toLocaleString('en')}, ${filters === 'same' ? 'the same filter' : 'different filters'}`,
        unit: 'ms/event',
        ours,
        peer,
        theirs,
        ratio: theirs / ours,
        ...(least !== null && subscribers === 1_000 && { bound: { kind: 'at least', ratio: least } }),
      };
    });
}

async function measure(clients: Clients, peer: Peer, subscribers: number, events: number): Promise<number[]> {
  const t0 = performance.now();
  await clients.connect(peer, subscribers);
  await peer.subscribed(subscribers);
  process.stderr.write(`${subscribers} ${peer.constructor.name} connect ${performance.now() - t0}\n`);
  const times: number[] = [];
  for (let n = 0; n < events + 3; n += 1) {
    const { lastMs } = await clients.receive(1, () => peer.publish());
    // The first ones are for the compiler.
    if (n >= 3) times.push(lastMs);
  }
  await clients.close();
  await peer.stop();
  process.stderr.write(`all ${performance.now() - t0} ${percentile(times, 0.5)}\n`);
  return times;
}
