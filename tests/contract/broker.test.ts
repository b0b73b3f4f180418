import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { controlOverRedis } from '../../cli/serve/redis-control.ts';
import { InProcessBroker } from '../../gateway/broker/in-process.ts';
import { RedisBroker } from '../../gateway/broker/redis.ts';
import { RedisConnections } from '../../gateway/redis/connections.ts';
import { type RedisSettings, redisSettings } from '../../gateway/redis/settings.ts';
import { MemoryLog } from '../../gateway/testing/memory-log.ts';
import { SILENT } from '../../gateway/testing/running-gateway.ts';
import { LocalControl } from '../../server/domain/control/local-control.ts';
import { findRedis, TestRedis } from '../support/redis.ts';
import { TestRedisCluster } from '../support/redis-cluster.ts';
import { type BrokerNetwork, brokerSuite } from './broker.suite.ts';

brokerSuite('in-process', async () => {
  const broker = new InProcessBroker(SILENT);
  return { broker: () => broker, close: () => broker.close() };
});

const executable = findRedis();
let networks = 0;

/** Processes with connections of their own, under a prefix of their own. */
async function openNetwork(
  url: string,
  log: MemoryLog,
  settings: Partial<RedisSettings> = {},
): Promise<BrokerNetwork & { readonly prefix: string }> {
  networks += 1;
  const prefix = `test-${networks}`;
  const opened: { broker: RedisBroker; redis: RedisConnections }[] = [];
  const connect = async () => {
    const redis = new RedisConnections(redisSettings({ url, prefix, ...settings }), SILENT);
    await redis.ready();
    return redis;
  };
  const spare = await Promise.all(Array.from({ length: 4 }, connect));
  return {
    prefix,
    broker: () => {
      const redis = spare.pop() ?? new RedisConnections(redisSettings({ url, prefix, ...settings }), SILENT);
      const broker = new RedisBroker({ redis, log, logger: SILENT });
      opened.push({ broker, redis });
      return broker;
    },
    close: async () => {
      for (const { broker, redis } of opened) {
        await broker.close();
        redis.close();
      }
      for (const redis of spare) redis.close();
    },
  };
}

describe.skipIf(!executable)('over Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await TestRedis.open(executable ?? '');
  });
  afterAll(() => redis?.close());

  brokerSuite('Redis', (log) => openNetwork(redis.url, log));

  it('carries changes of peers to processes that have not heard of them by Postgres', async () => {
    const open = async () => {
      const connections = new RedisConnections(redisSettings({ url: redis.url, prefix: 'control' }), SILENT);
      await connections.ready();
      return { connections, control: controlOverRedis(new LocalControl(), connections) };
    };
    const [one, other] = [await open(), await open()];
    const heard: unknown[] = [];
    const stop = other.control.listen((event) => heard.push(event));
    const event = { kind: 'peer', tenant: 'acme', publicKey: 'key' } as const;
    await vi.waitUntil(async () => {
      await one.control.announce(event);
      return heard.length > 0;
    });
    expect(heard[0]).toEqual(event);
    stop();
    for (const { control, connections } of [one, other]) {
      await control.close();
      expect(connections.channels.size).toBe(0);
      connections.close();
    }
  });

  describe('the log in Redis', () => {
    async function withBrokers(
      settings: Partial<RedisSettings>,
      task: (log: MemoryLog, network: BrokerNetwork, key: string) => Promise<void>,
    ): Promise<void> {
      const log = new MemoryLog();
      const network = await openNetwork(redis.url, log, settings);
      await task(log, network, `${network.prefix}:{${log.tenant}}:log`).finally(() => network.close());
    }
    const idsOf = async (key: string) => (await redis.admin.xrange(key, '-', '+')).map(([id]) => id);
    const some = (log: MemoryLog, count: number) =>
      Array.from({ length: count }, () => log.put(log.stream(1), log.entries.length, '1'));

    it('has positions for ids, and no hole where a process did not publish what it committed', async () => {
      await withBrokers({}, async (log, network, key) => {
        const [one, other] = [network.broker(), network.broker()];
        one.publish(log.tenant, some(log, 2));
        await vi.waitUntil(async () => (await idsOf(key)).length === 2);
        some(log, 700);
        other.publish(log.tenant, some(log, 1));
        await vi.waitUntil(async () => (await idsOf(key)).length === 703);
        expect(await idsOf(key)).toEqual(log.entries.map(({ position }) => `${position}-0`));
        one.publish(log.tenant, log.entries.slice(-5));
        one.publish(log.tenant, some(log, 1));
        await vi.waitUntil(async () => (await idsOf(key)).length === 704);
        expect(await idsOf(key)).toEqual(log.entries.map(({ position }) => `${position}-0`));
      });
    });

    it('is trimmed to its setting', async () => {
      await withBrokers({ logLength: 1_000 }, async (log, network, key) => {
        const broker = network.broker();
        for (let n = 0; n < 10; n += 1) broker.publish(log.tenant, some(log, 300));
        await vi.waitUntil(async () => (await idsOf(key)).at(-1) === '3000-0');
        // Redis trims whole nodes of a hundred entries.
        expect((await idsOf(key)).length).toBeLessThan(1_200);
        expect((await idsOf(key)).length).toBeGreaterThanOrEqual(1_000);
      });
    });

    it('is begun anew where it belongs to a database that has since been put back', async () => {
      await withBrokers({}, async (log, network, key) => {
        const [one, other] = [network.broker(), network.broker()];
        const heard: number[] = [];
        other.consume(log.tenant, (entries) => heard.push(...entries.map(({ position }) => position)));
        await vi.waitUntil(async () => (await redis.admin.pubsub('NUMSUB', `${key}:wake`))[1] === 1);
        one.publish(log.tenant, some(log, 10));
        await vi.waitUntil(() => heard.at(-1) === 10);
        log.entries.length = 4;
        one.publish(log.tenant, some(log, 2));
        await vi.waitUntil(() => heard.at(-1) === 6);
        expect(await idsOf(key)).toEqual(['5-0', '6-0']);
        expect(heard).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 5, 6]);
      });
    });
  });
});

/** Whatever would touch two slots is refused, and tenants are on different nodes. */
describe.skipIf(!executable)('over a Redis Cluster of three nodes', () => {
  let cluster: TestRedisCluster;
  beforeAll(async () => {
    cluster = await TestRedisCluster.open(executable ?? '', { primaries: 3 });
  }, 60_000);
  afterAll(() => cluster?.close());

  brokerSuite('Redis Cluster', (log) => openNetwork(cluster.url, log, { clusterNodes: cluster.nodes }));

  it('has the logs of several tenants on each node, and each tenant hears its own', async () => {
    const logs = Array.from({ length: 12 }, (_, index) => new MemoryLog(`tenant-${index}`));
    const networks = await Promise.all(
      logs.map((log) => openNetwork(cluster.url, log, { clusterNodes: cluster.nodes, prefix: 'spread' })),
    );
    const heard = logs.map((): string[] => []);
    for (const [index, network] of networks.entries()) {
      const tenant = logs[index]?.tenant ?? '';
      network.broker().consume(tenant, (entries) => {
        heard[index]?.push(...entries.map((entry) => `${entry.tenant} ${entry.position}`));
      });
    }
    const publishing = networks.map((network) => network.broker());
    for (let round = 0; round < 5 || heard.some(({ length }) => length === 0); round += 1) {
      for (const [index, log] of logs.entries()) {
        publishing[index]?.publish(log.tenant, [log.put(log.stream(1), round, '1')]);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const [index, log] of logs.entries()) {
      const last = `${log.tenant} ${log.entries.length}`;
      await vi.waitUntil(() => heard[index]?.at(-1) === last, { timeout: 10_000 });
      const those = heard[index] ?? [];
      const first = log.entries.length - those.length + 1;
      expect(those).toEqual(those.map((_, at) => `${log.tenant} ${first + at}`));
    }
    const spread = await cluster.ofPrimaries(({ admin }) => admin.keys('spread:*:log'));
    expect(spread.flat()).toHaveLength(logs.length);
    expect(spread.every(({ length }) => length > 1)).toBe(true);
    for (const network of networks) await network.close();
  });
});
