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

type Broadcast = PeerName | 'prepared frame';
const OURS = 'presage';
const PREPARED = 'prepared frame';
const BROADCASTS: readonly Broadcast[] = [OURS, PREPARED, ...PEER_NAMES.filter((name) => name !== OURS)];
const TITLES: Readonly<Record<Broadcast, string>> = {
  presage: 'Presage',
  'prepared frame': 'one prepared frame',
  yoga: 'graphql-ws and yoga pub/sub',
  mercurius: 'Mercurius',
};
/** What ours is held to, to 1,000 subscribers. */
const LEAST: Readonly<Partial<Record<Broadcast, number>>> = { yoga: 10, 'prepared frame': 0.8 };
/** Events of one write to the log. */
const BURST = 10;

/** How many events are published one by one, and how many times `BURST` at once. */
interface Events {
  /** So often it is each server's turn. */
  readonly turns: number;
  /** For the compiler, which has to know what matters before anything is measured. */
  readonly warming: number;
  /** At the start of a turn, not measured: what others did lies in the processor's caches. */
  readonly back: number;
  /** In a turn: an even number, as clients' systems acknowledge every other event at once. */
  readonly single: number;
  readonly bursts: number;
}
const MANY: Events = { turns: 4, warming: 60, back: 6, single: 20, bursts: 2 };
const FEW: Events = { turns: 2, warming: 6, back: 2, single: 6, bursts: 1 };

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

interface BroadcastTimes {
  readonly single: Times;
  readonly burst: Times;
}

async function linesOf(
  subscribers: number,
  filters: Filters,
  { full }: PartOptions,
): Promise<readonly Line[]> {
  const times = await measure(subscribers, filters, subscribers > 1_000 && !full ? FEW : MANY);
  const ours = times.get(OURS);
  if (!ours) return [];
  const to = `to ${subscribers.toLocaleString('en')}, ${filters} filter${filters === 'same' ? '' : 's'}`;
  return [...times].flatMap(([name, theirs]): Line[] => {
    if (name === OURS) return [];
    const compared = (what: string, of: keyof BroadcastTimes, kind: Kind): Line => {
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

/** A server with its clients. */
class Site {
  readonly #peer: PeerProcess;
  readonly #clients: Clients;

  private constructor(peer: PeerProcess, clients: Clients) {
    this.#peer = peer;
    this.#clients = clients;
  }

  static async start(name: PeerName, filters: Filters, subscribers: number): Promise<Site> {
    const peer = await PeerProcess.start(name, filters);
    const clients = Clients.start();
    await clients.connect(peer.target, subscribers);
    await peer.subscribed(subscribers);
    return new Site(peer, clients);
  }

  async publish(count: number, prepared: boolean, { wall, processor, clients }: Times): Promise<void> {
    const { lastAt, processorMs } = await this.#clients.received(count, () =>
      this.#peer.publish(count, prepared),
    );
    const measured = await this.#peer.measured();
    wall.push((lastAt - measured.publishedAt) / count);
    processor.push(measured.processorMs / count);
    clients.push(processorMs / count);
  }

  async stop(): Promise<void> {
    await this.#clients.stop();
    await this.#peer.stop();
  }
}

/** All servers broadcast by turns: what slows the machine down for a while slows all of them down. */
async function measure(
  subscribers: number,
  filters: Filters,
  events: Events,
): Promise<ReadonlyMap<Broadcast, BroadcastTimes>> {
  const sites = new Map<PeerName, Site>();
  for (const name of PEER_NAMES) sites.set(name, await Site.start(name, filters, subscribers));
  const times = new Map(BROADCASTS.map((name) => [name, { single: noTimes(), burst: noTimes() }]));
  for (let turn = 0; turn < events.turns; turn += 1) {
    for (const [name, { single, burst }] of times) {
      const site = sites.get(name === PREPARED ? OURS : name);
      const publish = async (often: number, count: number, into: Times) => {
        for (let n = 0; n < often; n += 1) await site?.publish(count, name === PREPARED, into);
      };
      await publish(turn === 0 ? events.warming : events.back, 1, noTimes());
      await publish(events.single, 1, single);
      if (turn === 0) await publish(1, BURST, noTimes());
      await publish(events.bursts, BURST, burst);
    }
  }
  for (const site of sites.values()) await site.stop();
  return times;
}
