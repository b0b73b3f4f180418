import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { Publisher } from '../support/publisher.ts';
import { findRedis, type TestRedis } from '../support/redis.ts';
import { TestRedisCluster } from '../support/redis-cluster.ts';
import { type ServerProcess, ServerProcesses } from '../support/server-processes.ts';
import { degraded, QUICK_TO_HEAL } from './support/cluster.ts';
import { someFilters } from './support/filters.ts';
import { faultMs, form, IS_SOAK, SEED } from './support/form.ts';
import { Random } from './support/random.ts';
import { Recorder } from './support/recorder.ts';
import { socketFeed } from './support/socket-feed.ts';
import { Truth } from './support/truth.ts';
import { EXACT, settle, verify } from './support/verify.ts';
import { Writer } from './support/writer.ts';

const executable = findRedis();
const TENANTS = form(6, 12);
/** Clients of each tenant; the first wants everything. */
const CLIENTS = form(4, 20);
const HEALED = { timeout: 60_000, interval: 50 };

interface Tenant {
  readonly name: string;
  readonly writer: Writer;
  readonly clients: readonly Recorder[];
}

/** API, gateways and streamers over a Redis Cluster whose nodes fail, with tenants on all of its nodes. */
describe.skipIf(!executable)('many processes over a Redis Cluster', () => {
  let directory: string;
  let db: TestDatabase;
  let redis: TestRedisCluster;
  let servers: ServerProcesses;
  let all: ServerProcess[] = [];
  let gateways: ServerProcess[] = [];
  let tenants: Tenant[] = [];
  let writing: Promise<unknown>;
  const over = new AbortController();
  const random = new Random(SEED);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'presage-redis-cluster-'));
    redis = await TestRedisCluster.open(executable ?? '', { primaries: 3, replicated: true });
    db = await openTestDatabase();
    const operator = new Publisher('');
    servers = new ServerProcesses(directory, {
      DATABASE_URL: db.url,
      REDIS_URL: redis.url,
      PRESAGE_REDIS_CLUSTER_NODES: redis.nodes.join(),
      PRESAGE_OPERATOR_KEYS: operator.publicKey,
      ...QUICK_TO_HEAL,
    });
    const roles = ['api', 'gateway', 'gateway', 'streamer', 'streamer'];
    all = await Promise.all(roles.map((role) => servers.start(role)));
    gateways = all.slice(1, 3);
    const [api] = all;
    tenants = await Promise.all(
      Array.from({ length: TENANTS }, (_, index) => open(`tenant-${index}`, api?.url ?? '', operator.keys)),
    );
  }, 120_000);
  afterAll(async () => {
    over.abort();
    for (const client of tenants.flatMap(({ clients }) => clients)) client.stop();
    await servers?.stopAll();
    await Promise.all([redis?.close(), db?.close()]);
    await rm(directory, { recursive: true, force: true });
  });

  async function open(name: string, api: string, keys: Publisher['keys']): Promise<Tenant> {
    const root = new Publisher(api, keys);
    await root.signIn();
    await root.ask(`mutation { createTenant(name: "${name}") { name } }`);
    const made = await root.ask(`mutation { createJoinCode(input: { tenant: "${name}" }) { code } }`);
    const { code: joinCode } = made.createJoinCode as { code: string };
    const options = { urls: [api], seed: SEED, paceMs: 30, callers: 2, tenant: { name, joinCode } };
    const writer = await new Writer(options).open();
    const filters = someFilters(writer.uuids, CLIENTS, SEED);
    const clients = filters.map((filter, index) => {
      const feed = () => socketFeed(random.pick(gateways).url, '', writer.token);
      return new Recorder({
        ...{ filter, tenant: name, seed: SEED + index },
        open: (request, listener) => feed()(request, listener),
      });
    });
    return { name, writer, clients };
  }

  /** No process says that anything is amiss. */
  async function allHealthy(): Promise<void> {
    await expect.poll(async () => (await Promise.all(all.map(degraded))).flat(), HEALED).toEqual([]);
  }

  /** Something that is written now reaches everybody who wants everything, in each tenant. */
  async function newsArrives(): Promise<void> {
    const before = tenants.map(({ clients }) => Math.max(...clients.map(({ position }) => position)));
    const behind = () =>
      tenants.filter(({ clients }, index) => (clients[0]?.position ?? -1) <= (before[index] ?? 0)).length;
    await expect.poll(behind, HEALED).toBe(0);
  }

  /** A primary dies, and comes back when another has taken its place: as its replica. */
  async function failOver(primary: TestRedis): Promise<void> {
    await primary.stop('SIGKILL');
    await redis.whole();
    await newsArrives();
    await primary.start();
    await redis.whole();
    // Without, nobody could take over from the next that dies.
    await redis.replicated();
  }

  const primaries = () => redis.ofPrimaries(async (node) => node);

  it('start with the tenants spread over the nodes, and everybody fed over Redis', async () => {
    for (const { clients } of tenants) for (const client of clients) client.connect();
    const clients = tenants.flatMap((tenant) => tenant.clients);
    await expect.poll(() => clients.every(({ start }) => start !== undefined), HEALED).toBe(true);
    writing = Promise.all(tenants.map(({ writer }) => writer.writeUntil(over.signal)));
    await newsArrives();
    await allHealthy();
    const logs = await redis.ofPrimaries(({ admin }) => admin.keys('*:log'));
    expect(logs.flat()).toHaveLength(TENANTS);
    expect(logs.every(({ length }) => length > 0)).toBe(true);
    const metrics = await (await fetch(`${gateways[0]?.url}/metrics`)).text();
    expect(metrics).toContain('presage_gateway_feed{from="redis"} 1');
  });

  it('each node in turn is killed and its replica takes over', async () => {
    for (const primary of (await primaries()).slice(0, form(1, 3))) {
      await failOver(primary);
      await allHealthy();
      await newsArrives();
    }
  });

  it('a replica takes over without asking, and what was not copied is gone', async () => {
    for (let n = 0; n < form(2, 10); n += 1) {
      const replicas = await redis.ofReplicas(async (node) => node);
      await random.pick(replicas).admin.call('CLUSTER', 'FAILOVER', 'TAKEOVER');
      await newsArrives();
      await redis.whole();
    }
    await allHealthy();
  });

  it('the slot of a tenant moves to another node', async () => {
    const { name } = tenants[0] ?? { name: '' };
    for (let n = 0; n < form(1, 5); n += 1) {
      const [key = ''] = await redis.keys(`*{${name}}:log`);
      await redis.moveSlotOf(key);
      expect(await redis.keys(`*{${name}}:log`)).toEqual([key]);
      await newsArrives();
    }
    await allHealthy();
  });

  it.runIf(IS_SOAK)('all nodes die, are away for a while, and come back empty', async () => {
    await redis.stopAll();
    await expect.poll(async () => (await degraded(gateways[0] as ServerProcess)).length, HEALED).toBe(2);
    // Writes go on, and subscribers get them.
    await newsArrives();
    await redis.startAll();
    await allHealthy();
    await newsArrives();
  });

  it.runIf(IS_SOAK)(
    'nodes fail at random, for as long as asked',
    async () => {
      const until = performance.now() + faultMs(0);
      while (performance.now() < until) {
        await failOver(random.pick(await primaries()));
        await pause(random.between(0, 3_000));
      }
      await allHealthy();
    },
    7_200_000,
  );

  it('nobody has missed, repeated or reordered anything, and no tenant saw another', async () => {
    const fewest = () => Math.min(...tenants.map(({ writer }) => writer.writes));
    await expect.poll(fewest, HEALED).toBeGreaterThan(100);
    over.abort();
    await writing;
    let [events, connections] = [0, 0];
    for (const { name, clients } of tenants) {
      const truth = new Truth(db.database, name);
      await settle(truth, clients, 30_000);
      const verdict = await verify(truth, clients);
      expect(verdict).toMatchObject(EXACT);
      expect(verdict.expected).toBeGreaterThan(CLIENTS * 20);
      events += verdict.expected;
      connections += verdict.connections;
    }
    process.stdout.write(
      `${TENANTS} tenants of ${CLIENTS} clients, ${connections} connections, ${events} events, all delivered\n`,
    );
  });

  it('nothing is left in any node when everybody has gone', async () => {
    for (const client of tenants.flatMap(({ clients }) => clients)) client.stop();
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await expect.poll(() => redis.keys('*gateway*'), HEALED).toEqual([]);
    await servers.stopAll();
    const left = await redis.keys('*');
    expect(left.filter((key) => !key.endsWith(':log'))).toEqual([]);
  });
});
