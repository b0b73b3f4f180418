import { Cluster, type Redis } from 'ioredis';
import type { Client } from '../../../gateway/redis/client.ts';
import type { RedisSettings } from '../../../gateway/redis/settings.ts';
import { TestRedis } from '../../support/redis.ts';
import { TestRedisCluster } from '../../support/redis-cluster.ts';
import type { Random } from './random.ts';

/** What is to be damaged. */
export interface RedisStore {
  readonly settings: Pick<RedisSettings, 'url'> & Partial<RedisSettings>;
  /** Reaches every key. */
  readonly admin: Client;
  /** Asks each process that has keys. */
  each<T>(ask: (node: Redis) => Promise<T>): Promise<T[]>;
  /** Faults that only it has. */
  readonly harm: (random: Random) => Record<string, () => unknown>;
  close(): Promise<void>;
}

/** One Redis. */
export async function openOne(executable: string): Promise<RedisStore> {
  const redis = await TestRedis.open(executable);
  return {
    settings: { url: redis.url },
    admin: redis.admin,
    each: async (ask) => [await ask(redis.admin)],
    harm: () => ({}),
    close: () => redis.close(),
  };
}

/** A Redis Cluster of three nodes and their replicas. */
export async function openThree(executable: string): Promise<RedisStore> {
  const cluster = await TestRedisCluster.open(executable, { primaries: 3, replicated: true });
  const settings = { url: cluster.url, clusterNodes: cluster.nodes };
  const admin = new Cluster(cluster.nodes.map((node) => `redis://${node}`));
  return {
    ...{ settings, admin },
    each: (ask) => cluster.ofPrimaries((node) => ask(node.admin)),
    harm: (random) => ({
      // Without asking the primary: what was not copied yet is lost.
      'replica takes over': async () => {
        const replicas = await cluster.ofReplicas(async (node) => node.admin);
        await random.pick(replicas).call('CLUSTER', 'FAILOVER', 'TAKEOVER');
      },
    }),
    close: async () => {
      admin.disconnect();
      await cluster.close();
    },
  };
}
