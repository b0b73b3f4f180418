import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRedis, type TestRedis } from '../support/redis.ts';
import { TestSentinel } from '../support/redis-sentinel.ts';
import { ClusterUnderLoad, HEALED } from './support/cluster-under-load.ts';
import { IS_SOAK } from './support/form.ts';

/** Of the long form only: a Sentinel takes ten seconds to find a replica. */
const executable = (IS_SOAK ? findRedis() : undefined) ?? '';
const CLIENTS = 100;

/** Primaries die, and Sentinels put replicas in their place, while clients listen. */
describe.skipIf(executable === '')('a Redis that Sentinels look after', () => {
  let load: ClusterUnderLoad;
  let sentinel: TestSentinel;
  const nodes: TestRedis[] = [];

  beforeAll(async () => {
    load = await ClusterUnderLoad.open(executable, {
      prepare: async (primary) => {
        nodes.push(primary);
        sentinel = await TestSentinel.open(executable, primary);
        return sentinel.env;
      },
    });
    nodes.push((await load.cluster.replicate({ isDirect: true })).replica);
    await sentinel.knows(1);
  }, 120_000);
  afterAll(async () => {
    await load?.close();
    await sentinel?.close();
  });

  it('feeds subscriptions from the primary that they name', async () => {
    await load.allHealthy();
    await load.begin(CLIENTS);
    await load.newsArrives();
  });

  it('goes on with the replica that takes over, again and again', async () => {
    for (let n = 0; n < 4; n += 1) {
      const port = await sentinel.primary();
      const primary = nodes.find((node) => node.port === port);
      await primary?.stop(n % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
      await load.newsArrives();
      await expect.poll(() => sentinel.primary(), HEALED).not.toBe(port);
      await load.allHealthy();
      await load.newsArrives();
      await primary?.start();
      await sentinel.knows(1);
    }
  });

  it('nobody has missed, repeated or reordered anything', async () => {
    await load.expectExact(5);
  });
});
