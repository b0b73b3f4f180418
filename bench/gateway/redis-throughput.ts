import type { Line, Part } from './line.ts';
import { Counting, healthy, Network, Source } from './redis-network.ts';
import { requireRedis } from './redis-server.ts';

const SUBSCRIBERS = 200;
const BATCH = 100;
const BATCHES = 5;

/**
 * Events delivered a second to the same number of subscribers, spread over one, two and four gateways over one Redis,
 * with one API server and one streamer; and by one process without Redis. Where there are fewer cores than processes,
 * more gateways share what there is: the figures say what distribution costs then, not what it gains.
 */
export const redisThroughput: Part = {
  name: 'throughput-over-redis',
  run: async ({ full }) => {
    const network = await Network.open(requireRedis());
    const batches = full ? 5 * BATCHES : BATCHES;
    const best = new Map<number, number>();
    try {
      for (let round = 0; round < (full ? 3 : 1); round += 1) {
        for (const gateways of [0, 1, 2, 4]) {
          const rate = await measure(network, gateways, batches);
          best.set(gateways, Math.max(rate, best.get(gateways) ?? 0));
          await network.stopAll();
        }
      }
    } finally {
      await network.close();
    }
    const rateOf = (gateways: number) => best.get(gateways) ?? Number.NaN;
    const line = (gateways: number, peer: string, theirs: number): Line => ({
      what: `delivered to ${SUBSCRIBERS} subscribers over ${gateways} gateway${gateways === 1 ? '' : 's'}`,
      unit: 'events/s',
      ours: rateOf(gateways),
      peer,
      theirs,
      ratio: rateOf(gateways) / theirs,
    });
    return [
      line(1, 'one process without Redis', rateOf(0)),
      line(2, 'one gateway', rateOf(1)),
      line(4, 'one gateway', rateOf(1)),
    ];
  },
};

/** Events a second, over all subscribers. */
async function measure(network: Network, gateways: number, batches: number): Promise<number> {
  const api = await network.start(gateways === 0 ? 'all' : 'api', gateways > 0);
  if (gateways > 0) await network.start('streamer', true);
  const urls = await Promise.all(Array.from({ length: gateways }, () => network.start('gateway', true)));
  await healthy([api, ...urls]);
  const clients = new Counting();
  const source = await new Source(api).open();
  for (const url of gateways === 0 ? [api] : urls) {
    await clients.connect(url, source.streamUuid, SUBSCRIBERS / Math.max(1, gateways));
  }
  await clients.receive(BATCH, () => source.publish(BATCH));
  const ms = await clients.receive(batches * BATCH, async () => {
    for (let n = 0; n < batches; n += 1) await source.publish(BATCH);
  });
  clients.close();
  return (1_000 * batches * BATCH * SUBSCRIBERS) / ms;
}
