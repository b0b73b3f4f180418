import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { IS_GIVEN_POSTGRES } from '../support/postgres.ts';
import { runSource } from '../support/process.ts';
import { findRedis } from '../support/redis.ts';
import type { ServerProcess } from '../support/server-processes.ts';
import { type Cluster, degraded } from './support/cluster.ts';
import { clusterFaults } from './support/cluster-faults.ts';
import { ClusterUnderLoad, HEALED } from './support/cluster-under-load.ts';
import { faultMs, form, IS_SOAK, SEED } from './support/form.ts';
import { Recorder } from './support/recorder.ts';
import { idsOf, keyEnding } from './support/redis-keys.ts';
import { socketFeed } from './support/socket-feed.ts';
import { Truth } from './support/truth.ts';
import { EXACT, settle, verify } from './support/verify.ts';

const executable = findRedis();
const CLIENTS = form(40, 300);
/** Several API servers, gateways and streamers over one Redis, under load the whole time, while each of them dies. */
describe.skipIf(!executable)('many processes over one Redis', () => {
  let load: ClusterUnderLoad;
  let cluster: Cluster;
  let apis: readonly ServerProcess[];
  let gateways: readonly ServerProcess[];
  let streamers: readonly ServerProcess[];
  const allHealthy = () => load.allHealthy();
  const begunAnew = (before: readonly string[]) => load.begunAnew(before);
  const gatewayIds = () => load.gatewayIds();
  const newsArrives = () => load.newsArrives();
  const told = () =>
    load.clients.flatMap(({ refusals }) => refusals.filter((code) => code === 'LOG_TRUNCATED'));
  const timesTold = () => told().length;

  beforeAll(async () => {
    load = await ClusterUnderLoad.open(executable ?? '');
    ({ cluster, apis, gateways, streamers } = load);
  }, 120_000);
  afterAll(() => load?.close());

  it('start with every subscription fed over Redis', async () => {
    await allHealthy();
    await load.begin(CLIENTS);
    await newsArrives();
  });

  it('each role answers for what it does, and an operator sees the gateways', async () => {
    const list = await cluster.presage('gateway', 'list', '--json');
    const listed = list
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(listed.map(({ id }) => id).sort()).toEqual([...(await gatewayIds())].sort());
    expect(listed.every(({ streamer, registered }) => streamer !== null && registered > 0)).toBe(true);
    // Most clients have a filter that another has too.
    expect(listed[0].registered + listed[1].registered).toBeLessThan(2 * CLIENTS);
    const [api, streamer] = [apis[0]?.url, streamers[0]?.url];
    const refused = new WebSocket(`${api?.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await expect(once(refused, 'open')).rejects.toThrow('404');
    for (const path of ['/realtime/sse', '/graphql/stream']) {
      const answer = await fetch(`${api}${path}`);
      expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('role gateway')]);
    }
    expect((await fetch(`${streamer}/graphql`)).status).toBe(404);
    const metrics = await (await fetch(`${gateways[0]?.url}/metrics`)).text();
    expect(metrics).toContain('presage_gateway_feed{from="redis"} 1');
    expect(metrics).toContain('presage_redis_up 1');
    const matched = await Promise.all(
      streamers.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()),
    );
    expect(matched.join()).toMatch(/presage_streamer_filters [1-9]/);
  });

  it('a streamer is killed, and the other takes over within a few seconds', async () => {
    const [streamer] = streamers;
    if (!streamer) throw new Error('there is no streamer');
    await streamer.stop('SIGKILL');
    const began = performance.now();
    await newsArrives();
    process.stdout.write(`taken over after ${Math.round(performance.now() - began)} ms at most\n`);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect((await Promise.all(gateways.map(degraded))).flat()).toEqual([]);
    await streamer.start();
    await allHealthy();
  });

  it('every streamer is killed: gateways poll, say so, and go back', async () => {
    await Promise.all(streamers.map((streamer) => streamer.stop('SIGKILL')));
    await expect
      .poll(() => Promise.all(gateways.map(degraded)), HEALED)
      .toEqual([['subscriptions'], ['subscriptions']]);
    await newsArrives();
    await Promise.all(streamers.map((streamer) => streamer.start()));
    await allHealthy();
    await newsArrives();
  });

  it('a gateway is killed, and its clients go elsewhere', async () => {
    const [gateway] = gateways;
    await gateway?.stop('SIGKILL');
    await newsArrives();
    // What it left behind is swept.
    const left = async () => (await idsOf(cluster.redis, 'gateway')).size;
    await expect.poll(left, HEALED).toBe(1);
    await gateway?.start();
    await allHealthy();
  });

  it('an API server is killed between commit and publication', async () => {
    const [, api] = apis;
    const crash = runSource(
      new URL('./crash-before-publish-child.ts', import.meta.url),
      [cluster.databaseUrl, '', new Date(5_000).toISOString()],
      () => undefined,
    );
    const [, signal] = await once(crash, 'exit');
    expect(signal).toBe('SIGKILL');
    await api?.stop('SIGKILL');
    await newsArrives();
    await api?.start();
    await allHealthy();
  });

  it('Redis drops every connection, again and again', async () => {
    for (let n = 0; n < form(5, 50); n += 1) {
      await cluster.redis.admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await cluster.redis.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub', 'SKIPME', 'yes');
      await pause(load.random.between(20, 200));
    }
    await allHealthy();
    await newsArrives();
  });

  it('Redis is flushed', async () => {
    const before = await gatewayIds();
    await cluster.redis.admin.flushall();
    await newsArrives();
    await begunAnew(before);
  });

  it('Redis is killed, is away for a while, and comes back empty', async () => {
    await cluster.redis.stop('SIGKILL');
    await expect.poll(async () => (await degraded(gateways[0] as ServerProcess)).length, HEALED).toBe(2);
    // Writes go on, and subscribers get them.
    await newsArrives();
    await cluster.redis.start();
    await begunAnew([]);
    await newsArrives();
  });

  it('another Redis takes over that has nothing, and then the first again, as it was', async () => {
    const before = await gatewayIds();
    const first = await cluster.failOver();
    await begunAnew(before);
    await newsArrives();
    await cluster.failOver(first);
    await begunAnew(before);
    await newsArrives();
  });

  it.each([
    ['is in step', false],
    ['has fallen behind', true],
  ])('Redis dies, and a replica that %s takes over', async (_how, isBehind) => {
    const { replica, cutOff } = await cluster.replicate();
    if (isBehind) {
      cutOff();
      await newsArrives();
    }
    const before = await gatewayIds();
    await cluster.redis.stop('SIGKILL');
    await replica.promote();
    await cluster.failOver(replica);
    await begunAnew(before);
    await newsArrives();
  });

  it('Redis becomes the replica of its replica, and no connection is cut', async () => {
    const { replica } = await cluster.replicate();
    const before = await gatewayIds();
    await cluster.swapWith(replica);
    await begunAnew(before);
    await newsArrives();
  });

  it('Postgres restarts', async () => {
    for (let n = 0; n < form(2, 10); n += 1) {
      await cluster.restartPostgres();
      await allHealthy();
      await newsArrives();
    }
    expect(told()).toEqual([]);
  });

  it.skipIf(IS_GIVEN_POSTGRES)(
    'Postgres is put back to an earlier state: who has what is lost is told, the others go on',
    async () => {
      for (let n = 0; n < form(1, 10); n += 1) {
        const putBack = await cluster.backUpPostgres();
        await newsArrives();
        const before = timesTold();
        await putBack();
        // What is lost may still be on its way, and be news to somebody.
        await expect.poll(timesTold, HEALED).toBeGreaterThan(before);
        await newsArrives();
        await allHealthy();
      }
    },
  );

  it.runIf(IS_SOAK)('all of it at random, for as long as asked', soak, 7_200_000);

  async function soak(): Promise<void> {
    const until = performance.now() + faultMs(0);
    const faults = clusterFaults(cluster, { apis, gateways, streamers }, load.random);
    while (performance.now() < until) {
      await load.random.pick(faults)();
      await pause(load.random.between(0, 3_000));
    }
    await allHealthy();
  }

  it('nobody has missed, repeated or reordered anything', async () => {
    await load.expectExact(20);
  });

  it('one of two with the same filter leaves, and the other goes on', async () => {
    const [stay, go] = [0, 1].map((n) =>
      new Recorder({
        open: socketFeed(gateways[0]?.url ?? ''),
        filter: { kind: 'is', field: 'provider', op: 'ne', value: 'both of us' },
        seed: SEED + n,
      }).connect(),
    );
    if (!stay || !go) throw new Error('there are two');
    await expect.poll(() => stay.start !== undefined && go.start !== undefined, HEALED).toBe(true);
    go.stop();
    await load.writer.write(20);
    const truth = new Truth(cluster.database);
    await settle(truth, [stay], 10_000);
    expect(await verify(truth, [stay])).toMatchObject(EXACT);
    load.clients.push(stay);
  });

  it('nothing is left in Redis when everybody has gone', async () => {
    for (const client of load.clients) client.stop();
    const { admin } = cluster.redis;
    const registries = async () => {
      const ids = await admin.smembers(await keyEnding(cluster.redis, ':gateways'));
      const keys = await Promise.all(ids.map((id) => admin.keys(`*{gateway:${id}}:registry`)));
      const fields = await Promise.all(keys.flat().map((key) => admin.hkeys(key)));
      return { gateways: ids.length, filters: fields.flat().filter((field) => field !== 'whole').length };
    };
    await expect.poll(registries, HEALED).toEqual({ gateways: 2, filters: 0 });
    // Streamers no longer listen to a log that nobody asks about.
    await expect.poll(() => admin.pubsub('CHANNELS', '*:log:wake'), HEALED).toEqual([]);
    for (const id of await gatewayIds()) await cluster.presage('gateway', 'drain', id);
    await expect.poll(async () => (await idsOf(cluster.redis, 'gateway')).size, HEALED).toBe(0);
    await expect.poll(() => gateways.some(({ presage }) => isThere(presage.pid)), HEALED).toBe(false);
    expect(await Promise.all(gateways.map((gateway) => gateway.stop()))).toEqual([0, 0]);
    await Promise.all([...streamers, ...apis].map((one) => one.stop()));
    const keys = await admin.keys('*');
    expect(keys.filter((key) => !key.endsWith(':log'))).toEqual([]);
    expect(await admin.pubsub('CHANNELS', '*')).toEqual([]);
  });
});

/** Whether a process has not ended yet. */
function isThere(pid = 0): boolean {
  try {
    return pid !== 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
