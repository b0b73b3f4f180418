import { now } from '../clients-protocol.ts';
import { mercuriusPeer } from './mercurius.ts';
import type { Filters, Peer } from './peer.ts';
import type { FromPeer, PeerName, ToPeer } from './peer-protocol.ts';
import { presagePeer } from './presage.ts';
import { yogaPeer } from './yoga.ts';

/** A process with one server in it: no other server's code, sockets or garbage are in its times. */
const STARTS: Readonly<Record<PeerName, (filters: Filters) => Promise<Peer>>> = {
  presage: presagePeer,
  yoga: yogaPeer,
  mercurius: mercuriusPeer,
};

let peer: Peer | null = null;
let publishedAt = 0;
let processorBefore = process.cpuUsage();

process.on('message', (message: ToPeer) => {
  act(message).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit());

async function act(message: ToPeer): Promise<void> {
  switch (message.kind) {
    case 'start': {
      peer = await STARTS[message.name](message.filters);
      const { port, path, subprotocol, subscribe } = peer;
      tell({ kind: 'listening', target: { port, path, subprotocol, subscribe } });
      break;
    }
    case 'await':
      await peer?.subscribed(message.subscriptions);
      tell({ kind: 'subscribed' });
      break;
    case 'publish':
      processorBefore = process.cpuUsage();
      publishedAt = now();
      for (let n = 0; n < message.events; n += 1) {
        if (message.prepared) peer?.publishPrepared?.();
        else peer?.publish();
      }
      break;
    case 'measure': {
      const { user, system } = process.cpuUsage(processorBefore);
      tell({ kind: 'measured', publishedAt, processorMs: (user + system) / 1_000 });
      break;
    }
  }
}

function tell(message: FromPeer): void {
  process.send?.(message);
}
