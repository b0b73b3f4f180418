import { Clients } from './clients.ts';
import type { Line, Part, PartOptions } from './line.ts';
import type { Filters } from './peers/peer.ts';
import { PeerProcess } from './peers/peer-process.ts';
import { PEER_NAMES, type PeerName } from './peers/peer-protocol.ts';

/**
 * Events to many WebSocket subscribers, from their publication to the last client's receipt, durable path off. The
 * clients are a process of their own that does the least a client can, the same for all; so is each server.
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
const TITLES: Readonly<Record<PeerName, string>> = {
  presage: 'Presage',
  'prepared frame': 'one prepared frame',
  yoga: 'graphql-ws and yoga pub/sub',
  mercurius: 'Mercurius',
};
/** What ours is held to, to 1,000 subscribers. */
const LEAST: Readonly<Partial<Record<PeerName, number>>> = { yoga: 10, 'prepared frame': 0.8 };
/** Events of one write to the log. */
const BURST = 10;

/** How many events are published one by one, and how many times `BURST` at once. */
interface Events {
  /** So often every server is started, by turns. */
  readonly rounds: number;
  /** For the compiler, which has to know what matters before anything is measured. */
  readonly warming: number;
  readonly single: number;
  readonly bursts: number;
}
const MANY: Events = { rounds: 2, warming: 50, single: 30, bursts: 2 };
const FEW: Events = { rounds: 1, warming: 5, single: 6, bursts: 1 };

/** Milliseconds an event, one for each time that so many were published. */
interface Times {
  /** From publication to the last receipt. */
  readonly wall: number[];
  /** Processor time of the server's process. */
  readonly processor: number[];
  /** Processor time of the clients'. */
  readonly clients: number[];
}
type Kind = keyof Times;

interface PeerTimes {
  readonly single: Times;
  readonly burst: Times;
}

async function linesOf(
  subscribers: number,
  filters: Filters,
  { full }: PartOptions,
): Promise<readonly Line[]> {
  const times = new Map<PeerName, PeerTimes>(
    PEER_NAMES.map((name) => [name, { single: noTimes(), burst: noTimes() }]),
  );
  const events = subscribers > 1_000 && !full ? FEW : MANY;
  for (let round = 0; round < events.rounds; round += 1) {
    for (const [name, all] of times) await measure(name, filters, subscribers, events, all);
  }
  const ours = times.get(OURS);
  if (!ours) return [];
  const to = `to ${subscribers.toLocaleString('en')}, ${filters} filter${filters === 'same' ? '' : 's'}`;
  return [...times].flatMap(([name, theirs]): Line[] => {
    if (name === OURS) return [];
    const compared = (what: string, of: keyof PeerTimes, kind: Kind): Line => {
      const [own, other] = [usual(ours[of][kind]), usual(theirs[of][kind])];
      const line = { unit: 'ms/event', ours: own, peer: TITLES[name], theirs: other, ratio: other / own };
      return { what: `${what} ${to}${DETAILS[kind]}`, ...line };
    };
    const single = compared('fan-out', 'single', 'wall');
    const least = subscribers > 1_000 ? undefined : LEAST[name];
    return [
      least === undefined ? single : { ...single, bound: { kind: 'at least', ratio: least } },
      compared('fan-out', 'single', 'processor'),
      compared('fan-out', 'single', 'clients'),
      compared(`fan-out of ${BURST} at once`, 'burst', 'wall'),
      compared(`fan-out of ${BURST} at once`, 'burst', 'processor'),
    ];
  });
}

const DETAILS: Readonly<Record<Kind, string>> = {
  wall: '',
  processor: ': processor of the server',
  clients: ': processor of the clients',
};

function noTimes(): Times {
  return { wall: [], processor: [], clients: [] };
}

/**
 * The mean of the middle half. Single events take one of two times by turns, as clients' systems acknowledge every other
 * one at once: a median would be either, and a ratio of two of them is that of different kinds of events.
 */
function usual(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 4);
  const middle = sorted.slice(cut, sorted.length - cut);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

async function measure(
  name: PeerName,
  filters: Filters,
  subscribers: number,
  events: Events,
  { single, burst }: PeerTimes,
): Promise<void> {
  const clients = Clients.start();
  const peer = await PeerProcess.start(name, filters);
  await clients.connect(peer.target, subscribers);
  await peer.subscribed(subscribers);
  const publish = async (count: number, { wall, processor, clients: ofClients }: Times) => {
    const { lastAt, processorMs } = await clients.received(count, () => peer.publish(count));
    const measured = await peer.measured();
    wall.push((lastAt - measured.publishedAt) / count);
    processor.push(measured.processorMs / count);
    ofClients.push(processorMs / count);
  };
  for (let n = -events.warming; n < events.single; n += 1) await publish(1, n < 0 ? noTimes() : single);
  for (let n = -1; n < events.bursts; n += 1) await publish(BURST, n < 0 ? noTimes() : burst);
  await clients.stop();
  await peer.stop();
}
