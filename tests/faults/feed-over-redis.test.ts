import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisBroker } from '../../gateway/broker/redis.ts';
import { Engine } from '../../gateway/engine.ts';
import { RedisConnections } from '../../gateway/redis/connections.ts';
import { redisSettings } from '../../gateway/redis/settings.ts';
import { gatewaySettings } from '../../gateway/settings.ts';
import { newCounters } from '../../gateway/stats.ts';
import { StreamerWorker } from '../../gateway/streamer/worker/streamer-worker.ts';
import { NAMES, TAGS } from '../../gateway/testing/arbitrary-filter.ts';
import { eventsAfter } from '../../gateway/testing/brute-force.ts';
import { TestExecutor } from '../../gateway/testing/executor.ts';
import { MemoryLog } from '../../gateway/testing/memory-log.ts';
import { SILENT } from '../../gateway/testing/running-gateway.ts';
import { findRedis } from '../support/redis.ts';
import { someFilters } from './support/filters.ts';
import { faultMs, SEED } from './support/form.ts';
import { MemoryClient } from './support/memory-client.ts';
import { Random } from './support/random.ts';
import { openOne, openThree, type RedisStore } from './support/redis-store.ts';

const VALUES = ['-10.5', '0', '2', '9', '10', '10.25'];
const LOG = new MemoryLog();
const STREAMS = NAMES.map((name, index) => LOG.stream(index + 1, { name, tags: TAGS.slice(0, index) }));
const FILTERS = someFilters(
  STREAMS.map(({ uuid }) => uuid),
  16,
  SEED,
);
const HEALED = { timeout: 20_000, interval: 20 };

interface Streaming {
  readonly redis: RedisConnections;
  readonly worker: StreamerWorker;
}

const executable = findRedis();

/**
 * The realtime side alone, over a log in memory: what is in Redis is damaged at random, bit by bit, in ways that whole
 * processes dying rarely hit.
 */
describe.skipIf(!executable).each([
  ['one Redis', openOne],
  ['a Redis Cluster of three nodes and their replicas', openThree],
])('subscriptions over %s', (_name, openStore) => {
  let store: RedisStore;
  let log: MemoryLog;
  let networks = 0;
  beforeAll(async () => {
    store = await openStore(executable ?? '');
  }, 60_000);
  afterAll(() => store?.close());

  async function connect(): Promise<RedisConnections> {
    const settings = redisSettings({
      ...{ ...store.settings, prefix: `feed-${networks}`, leaseMs: 400, gatewayTtlMs: 800, pollMs: 50 },
      deliveriesLength: 200,
    });
    const connections = new RedisConnections(settings, SILENT);
    await connections.ready();
    return connections;
  }

  async function stream(): Promise<Streaming> {
    const connections = await connect();
    const broker = new RedisBroker({ redis: connections, log, logger: SILENT });
    const settings = gatewaySettings({ headPollMs: 100 });
    const parts = { redis: connections, log, broker, logger: SILENT, settings, counters: newCounters() };
    const worker = new StreamerWorker(parts);
    worker.start();
    return { redis: connections, worker };
  }

  it('are exact, whatever is lost in Redis', async () => {
    networks += 1;
    log = new MemoryLog();
    const random = new Random(SEED);
    const executor = new TestExecutor();
    const settings = gatewaySettings({ headPollMs: 100, retryMs: 20, recentEntries: 50, catchUpPage: 50 });
    const connections = await Promise.all([connect(), connect(), connect()]);
    const [publishing, ...gatewaysOver] = connections;
    if (!publishing) throw new Error('there are three');
    const broker = new RedisBroker({ redis: publishing, log, logger: SILENT });
    let holes = 0;
    const logger = {
      ...SILENT,
      info: (fields: { subscriptions?: number }) => {
        if (fields.subscriptions) holes += 1;
      },
    };
    const engines = gatewaysOver.map((over) => {
      const parts = { log, executor, broker, redis: over, logger, settings, visibility: () => '' };
      return new Engine(parts);
    });
    let streaming = [await stream(), await stream()];
    const { keys } = publishing;
    const { admin } = store;
    let clients: MemoryClient[] = [];
    const done: MemoryClient[] = [];
    const join = () => clients.push(new MemoryClient(random.pick(engines), executor, random.pick(FILTERS)));
    for (let n = 0; n < 24; n += 1) join();

    const someGateway = () => random.pick(engines).gatewayId;
    const harm: Record<string, () => unknown> = {
      'lease lost': async () => {
        const id = someGateway();
        if (id) await admin.del(keys.gateway(id).lease);
      },
      'gateway forgotten': async () => {
        const id = someGateway();
        if (id) await admin.del(keys.gateway(id).alive);
      },
      'deliveries trimmed': async () => {
        const id = someGateway();
        if (id) await admin.xtrim(keys.gateway(id).deliveries, 'MAXLEN', 0);
      },
      'deliveries missed': async () => {
        await store.each(async (node) => {
          const list = String(await node.client('LIST'));
          const ids = [...list.matchAll(/^id=(\d+) .*name=presage-blocking/gm)].map(([, id]) => id ?? '');
          await Promise.all(ids.map((id) => node.call('CLIENT', 'KILL', 'ID', id)));
        });
        const entry = log.put(random.pick(STREAMS), 1_000 + log.entries.length, random.pick(VALUES));
        broker.publish('main', [entry]);
        await pause(15);
        const gateways = await admin.smembers(keys.gateways);
        await Promise.all(gateways.map((id) => admin.xtrim(keys.gateway(id).deliveries, 'MAXLEN', 0)));
      },
      'progress and lease lost': async () => {
        const id = someGateway();
        if (!id) return;
        const { progress, lease } = keys.gateway(id);
        await admin.del(progress);
        await admin.del(lease);
      },
      'requests trimmed': async () => {
        const id = someGateway();
        if (id) await admin.xtrim(keys.gateway(id).requests, 'MAXLEN', 0);
      },
      'progress lost': async () => {
        const id = someGateway();
        if (id) await admin.del(keys.gateway(id).progress);
      },
      'registry and lease lost': async () => {
        const id = someGateway();
        if (!id) return;
        const { registry, lease } = keys.gateway(id);
        await admin.del(registry);
        // What comes into it now is not all that there was.
        if (random.chance(0.5)) join();
        await pause(random.between(0, 30));
        await admin.del(lease);
      },
      'epoch and lease lost': async () => {
        const id = someGateway();
        if (!id) return;
        const { epoch, lease } = keys.gateway(id);
        await admin.del(epoch);
        await admin.del(lease);
      },
      'log lost': () => admin.del(keys.log('main')),
      flushed: () => store.each((node) => node.flushall()),
      'connections cut': () =>
        store.each((node) =>
          node.call('CLIENT', 'KILL', 'TYPE', random.pick(['normal', 'pubsub']), 'SKIPME', 'yes'),
        ),
      ...store.harm(random),
      'streamer dead': async () => {
        const [dead, ...others] = streaming;
        dead?.redis.close();
        streaming = [...others, await stream()];
      },
      'streamer stopped': async () => {
        const [stopped, ...others] = streaming;
        streaming = [...others, await stream()];
        await stopped?.worker.stop();
        stopped?.redis.close();
      },
    };
    const harmed = new Map<string, number>();
    const over = performance.now() + faultMs(4_000);
    const late = over + 20_000;
    // On a busy machine it takes longer until something that matters was hit.
    while (performance.now() < over || (holes === 0 && performance.now() < late)) {
      for (let n = 0; n < random.between(1, 20); n += 1) {
        const time = random.chance(0.3) ? Math.floor(random.between(0, 6)) : 1_000 + log.entries.length;
        const of = random.pick(STREAMS);
        const entry = random.chance(0.1) ? log.retract(of, time) : log.put(of, time, random.pick(VALUES));
        // One in ten is committed and never published.
        if (entry && random.chance(0.9)) broker.publish('main', [entry]);
      }
      if (random.chance(0.2)) join();
      if (random.chance(0.2) && clients.length > 12) {
        const client = random.pick(clients);
        clients = clients.filter((one) => one !== client);
        client.end();
        done.push(client);
      }
      if (random.chance(0.15)) {
        const [name, harmIt] = random.pick(Object.entries(harm));
        harmed.set(name, (harmed.get(name) ?? 0) + 1);
        await harmIt();
      }
      await pause(random.between(0, 25));
    }

    const isFed = () => engines.every((engine) => engine.stats().feed === 'redis');
    await expect.poll(isFed, HEALED).toBe(true);
    let expected = 0;
    for (const [index, client] of clients.entries()) {
      await expect.poll(() => client.taken[0]?.type, { ...HEALED, message: `client ${index}` }).toBe('READY');
      const position = client.taken[0]?.position ?? -1;
      const due = eventsAfter(log.entries, position, client.filter);
      await expect.poll(() => client.taken.length - 1, HEALED).toBeGreaterThanOrEqual(due.length);
      expect(client.taken.slice(1)).toEqual(due);
      expect(client.errors).toEqual([]);
      expected += due.length;
    }
    // Those that left have a beginning of what was due.
    for (const client of done) {
      const [ready, ...events] = client.taken;
      if (!ready) continue;
      expect(events).toEqual(eventsAfter(log.entries, ready.position, client.filter).slice(0, events.length));
    }
    // And nobody is fed from the log any more: an entry reaches them with no page read.
    await expect
      .poll(() => engines.map((engine) => engine.stats().live), HEALED)
      .toEqual(engines.map((engine) => engine.stats().subscriptions));
    const stats = engines.map((engine) => engine.stats());
    process.stdout.write(
      `${expected} events; ${holes} holes, ${stats.map(({ resyncs }) => resyncs).join(' and ')} resyncs; ${JSON.stringify(Object.fromEntries(harmed))}\n`,
    );
    expect(holes).toBeGreaterThan(0);

    for (const client of clients) client.end();
    const registries = async () => {
      const ids = await admin.smembers(keys.gateways);
      const sizes = await Promise.all(ids.map((id) => admin.hlen(keys.gateway(id).registry)));
      // One field says that it is whole.
      return sizes.reduce((sum, size) => sum + size - 1, 0);
    };
    await expect.poll(registries, HEALED).toBe(0);
    await Promise.all(engines.map((engine) => engine.close()));
    await Promise.all(streaming.map(({ worker }) => worker.stop()));
    await broker.close();
    for (const one of [...connections, ...streaming.map((some) => some.redis)]) {
      expect(one.channels.size).toBe(0);
      one.close();
    }
  }, 600_000);
});
