import { Clients } from './clients.ts';
import { type Line, type Part, percentile } from './line.ts';
import { until } from './peers/peer.ts';
import { presagePeer } from './peers/presage.ts';

/** What one client that reads nothing costs the others: their latencies with it beside those without. */
export const stall: Part = {
  name: 'stall',
  run: async ({ full }) => {
    const clients = Clients.start();
    const alone: number[] = [];
    const beside: number[] = [];
    for (let round = 0; round < (full ? 6 : 3); round += 1) {
      // By turns the one first and the other, so that neither always finds the machine warmer.
      for (const isStalled of round % 2 === 0 ? [false, true] : [true, false]) {
        (isStalled ? beside : alone).push(...(await latencies(clients, isStalled)));
      }
    }
    await clients.stop();
    return [0.5, 0.99].map((share): Line => {
      const [ours, theirs] = [percentile(beside, share), percentile(alone, share)];
      const line = { unit: 'ms', ours, peer: 'nobody stalls', theirs, ratio: ours / theirs };
      const what = `latency of ${CLIENTS - 1} clients while one reads nothing, p${share * 100}`;
      return share === 0.99 ? { what, ...line, bound: { kind: 'at most', ratio: 1.05 } } : { what, ...line };
    });
  },
};

const CLIENTS = 100;
/** So much that a client that reads nothing is past what the system buffers for it, and its budget. */
const PAYLOAD_BYTES = 30_000;
const EVENTS_TO_STALL = 400;
const EVENTS = 200;

async function latencies(clients: Clients, isStalled: boolean): Promise<number[]> {
  const peer = await presagePeer('same', { byteBudget: 262_144 }, 'x'.repeat(PAYLOAD_BYTES));
  await clients.connect(peer, CLIENTS);
  await peer.subscribed(CLIENTS);
  if (isStalled) await clients.stall(1);
  for (
    let n = 0;
    n < EVENTS_TO_STALL && (n < 50 || (isStalled && peer.gateway.stats().lagging === 0));
    n += 1
  ) {
    await clients.receive(1, () => peer.publish());
  }
  if (isStalled) await until(() => peer.gateway.stats().lagging === 1);
  const times: number[] = [];
  for (let n = 0; n < EVENTS; n += 1) {
    const { arrivalsMs } = await clients.receive(1, () => peer.publish());
    // The first client is the one that may be stalled: both sides leave one out.
    times.push(...arrivalsMs.slice(0, CLIENTS - 1));
  }
  await clients.close();
  await peer.stop();
  return times;
}
