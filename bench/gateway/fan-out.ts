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
    lines.push(...(await linesOf(1_000, 'same', options)));
    lines.push(...(await linesOf(1_000, 'different', options)));
    lines.push(...(await linesOf(5_000, 'same', options)));
    if (options.full) lines.push(...(await linesOf(5_000, 'different', options)));
    return lines;
  },
};

const OURS = 'presage';
const FRAME = 'one prepared frame';
const YOGA = 'graphql-ws and yoga pub/sub';

interface Times {
  /** From publication to the last receipt, ms. */
  readonly wall: number[];
  /** Of the server's process, ms; its clients are another. */
  readonly processor: number[];
}

async function linesOf(
  subscribers: number,
  filters: 'same' | 'different',
  { full }: PartOptions,
): Promise<Line[]> {
  const clients = Clients.start();
  const starts: readonly (readonly [string, number, () => Promise<Peer>])[] = [
    [OURS, full ? 60 : 20, () => presagePeer(filters)],
    [FRAME, full ? 60 : 20, () => barePeer()],
    [YOGA, full ? 20 : 5, () => yogaPeer(filters)],
    ['Mercurius', full ? 20 : 5, () => mercuriusPeer(filters)],
  ];
  const times = new Map<string, Times>();
  const rounds = subscribers > 1_000 && !full ? 1 : 3;
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, events, start] of starts) {
      const all = times.get(name) ?? { wall: [], processor: [] };
      times.set(name, all);
      await measure(clients, await start(), subscribers, events, all);
    }
  }
  await clients.stop();
  const what = `fan-out to ${subscribers.toLocaleString('en')}, ${filters} filter${filters === 'same' ? '' : 's'}`;
  return [...times]
    .filter(([name]) => name !== OURS)
    .flatMap(([peer, their]): Line[] => {
      const compared = (kind: keyof Times, detail: string): Line => {
        const ours = percentile(times.get(OURS)?.[kind] ?? [], 0.5);
        const theirs = percentile(their[kind], 0.5);
        return { what: `${what}${detail}`, unit: 'ms/event', ours, peer, theirs, ratio: theirs / ours };
      };
      const wall = compared('wall', '');
      const least = subscribers > 1_000 ? undefined : { [YOGA]: 10, [FRAME]: 0.8 }[peer];
      return [
        least === undefined ? wall : { ...wall, bound: { kind: 'at least', ratio: least } },
        compared('processor', ': processor of the server'),
      ];
    });
}

async function measure(
  clients: Clients,
  peer: Peer,
  subscribers: number,
  events: number,
  { wall, processor }: Times,
): Promise<void> {
  await clients.connect(peer, subscribers);
  await peer.subscribed(subscribers);
  for (let n = -events; n < events; n += 1) {
    const before = process.cpuUsage();
    const { lastMs } = await clients.receive(1, () => peer.publish());
    const { user, system } = process.cpuUsage(before);
    // The first half is for the compiler.
    if (n < 0) continue;
    wall.push(lastMs);
    processor.push((user + system) / 1_000);
  }
  await clients.close();
  await peer.stop();
}
