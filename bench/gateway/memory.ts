import { Clients } from './clients.ts';
import type { Line, Part } from './line.ts';
import { type Filters, type Peer, until } from './peers/peer.ts';
import { type PresagePeer, presagePeer } from './peers/presage.ts';
import { yogaPeer } from './peers/yoga.ts';

/** What an idle connection with one subscription costs the server's process, and what each further one does. */
export const memory: Part = {
  name: 'memory',
  run: async () => {
    const clients = Clients.start();
    const connections = {
      ours: await perConnection(clients, presagePeer),
      theirs: await perConnection(clients, yogaPeer),
    };
    const lines: Line[] = [
      {
        what: 'memory of an idle connection with one subscription',
        unit: 'KB',
        ours: connections.ours,
        peer: 'graphql-ws and yoga pub/sub',
        theirs: connections.theirs,
        ratio: connections.ours / connections.theirs,
      },
      budget('memory of an idle connection with one subscription', connections.ours, 20),
    ];
    for (const filters of ['same', 'different'] as const) {
      const each = await perSubscription(clients, filters);
      lines.push(
        budget(
          `memory of a further subscription, ${filters} filter${filters === 'same' ? '' : 's'}`,
          each,
          1,
        ),
      );
    }
    await clients.stop();
    return lines;
  },
};

const CONNECTIONS = 2_000;
const CARRIERS = 100;
const FURTHER = 500;

function budget(what: string, ours: number, most: number): Line {
  const bound = { kind: 'at most', ratio: 1 } as const;
  return { what, unit: 'KB', ours, peer: 'budget', theirs: most, ratio: ours / most, bound };
}

async function perConnection(clients: Clients, start: (filters: Filters) => Promise<Peer>): Promise<number> {
  const peer = await start('same');
  await warm(clients, peer);
  const before = await used();
  await clients.connect(peer, CONNECTIONS);
  await peer.subscribed(CARRIERS + CONNECTIONS);
  const after = await used();
  await clients.close();
  await peer.stop();
  return (after - before) / CONNECTIONS / 1_024;
}

async function perSubscription(clients: Clients, filters: Filters): Promise<number> {
  const peer: PresagePeer = await presagePeer(filters);
  await warm(clients, peer);
  const first = await used();
  await clients.connect(peer, CARRIERS, 1);
  await peer.subscribed(2 * CARRIERS);
  const before = await used();
  await clients.connect(peer, CARRIERS, 1 + FURTHER);
  await peer.subscribed(CARRIERS * (3 + FURTHER));
  const after = await used();
  await clients.close();
  await until(() => peer.gateway.stats().connections === 0);
  await peer.stop();
  return (after - before - (before - first)) / (CARRIERS * FURTHER) / 1_024;
}

/** Some connections first, so that what is made once is there. */
async function warm(clients: Clients, peer: Peer): Promise<void> {
  await clients.connect(peer, CARRIERS);
  await peer.subscribed(CARRIERS);
}

/** Bytes of the process's heap and of buffers outside of it that are in use. */
async function used(): Promise<number> {
  if (!globalThis.gc) throw new Error('run this by npm run bench:gateway, which lets it collect garbage');
  for (let n = 0; n < 4; n += 1) {
    globalThis.gc();
    await new Promise(setImmediate);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
