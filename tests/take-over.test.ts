import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisBroker } from '../gateway/broker/redis.ts';
import { Engine } from '../gateway/engine.ts';
import { RedisConnections } from '../gateway/redis/connections.ts';
import { redisSettings } from '../gateway/redis/settings.ts';
import { gatewaySettings } from '../gateway/settings.ts';
import { newCounters } from '../gateway/stats.ts';
import { StreamerWorker } from '../gateway/streamer/worker/streamer-worker.ts';
import { eventsAfter } from '../gateway/testing/brute-force.ts';
import { TestExecutor } from '../gateway/testing/executor.ts';
import { MemoryLog } from '../gateway/testing/memory-log.ts';
import { SILENT } from '../gateway/testing/running-gateway.ts';
import type { Filter } from '../schema/filter/form.ts';
import { MemoryClient } from './faults/support/memory-client.ts';
import { findRedis, TestRedis } from './support/redis.ts';

/** More filters than a registry is read at once. */
const FILTERS = 600;
const executable = findRedis();

describe.skipIf(!executable)('a streamer that takes over a gateway', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await TestRedis.open(executable ?? '');
  });
  afterAll(() => redis?.close());

  async function connect(): Promise<RedisConnections> {
    const connections = new RedisConnections(redisSettings({ url: redis.url, leaseMs: 400 }), SILENT);
    await connections.ready();
    return connections;
  }

  it('matches nothing before it knows all of its filters', async () => {
    const log = new MemoryLog();
    const stream = log.stream(1);
    const settings = gatewaySettings({ headPollMs: 20 });
    const startStreamer = async () => {
      const over = await connect();
      const broker = new RedisBroker({ redis: over, log, logger: SILENT });
      const parts = { redis: over, log, broker, logger: SILENT, settings, counters: newCounters() };
      const worker = new StreamerWorker(parts);
      worker.start();
      return { over, worker };
    };
    const over = await connect();
    const broker = new RedisBroker({ redis: over, log, logger: SILENT });
    const executor = new TestExecutor();
    const parts = { log, executor, broker, redis: over, logger: SILENT, settings, visibility: () => '' };
    const engine = new Engine(parts);
    const first = await startStreamer();
    const filters = Array.from({ length: FILTERS }, (_, n): Filter => {
      return { kind: 'is', field: 'value', op: 'eq', value: String(n) };
    });
    const clients = filters.map((filter) => new MemoryClient(engine, executor, filter));
    const live = () => [engine.stats().feed, engine.stats().live];
    await expect.poll(live).toEqual(['redis', FILTERS]);
    // It dies without giving its gateway back. What comes until another has taken that over is for that one to deliver.
    first.over.close();
    for (let n = 0; n < FILTERS; n += 1) log.put(stream, n, String(n));
    const second = await startStreamer();
    const late = () => clients.filter(({ taken }) => taken.length < 2).length;
    await expect.poll(late).toBe(0);
    for (const { taken, filter } of clients) {
      expect(taken.slice(1)).toEqual(eventsAfter(log.entries, 0, filter));
    }
    expect(live()).toEqual(['redis', FILTERS]);
    for (const client of clients) client.end();
    await engine.close();
    await second.worker.stop();
    for (const one of [over, second.over]) one.close();
  });
});
