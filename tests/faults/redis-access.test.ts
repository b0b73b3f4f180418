import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRedis } from '../support/redis.ts';
import { ClusterUnderLoad, HEALED } from './support/cluster-under-load.ts';
import { form, IS_SOAK } from './support/form.ts';
import { keyEnding } from './support/redis-keys.ts';

const executable = findRedis();
const CLIENTS = form(10, 100);
/** The rules of docs/production.md, word for word: what operators copy is what is tested. */
const DOCUMENTED = /^user (presage) on >(\S+) (.+)$/m;

/** A Redis that answers, and does not all that is asked of it. */
describe.skipIf(!executable)('a Redis whose user may do little, and that is full', () => {
  let load: ClusterUnderLoad;
  let rules: readonly string[];
  const admin = () => load.cluster.redis.admin;
  const setUser = (...changes: readonly string[]) => admin().call('ACL', 'SETUSER', 'presage', ...changes);
  const said = () => {
    const all = [...load.apis, ...load.gateways, ...load.streamers];
    const lines = all.flatMap(({ presage }) => presage.output.split('\n'));
    return lines.filter((line) => line.includes('Redis refuses what is needed of it'));
  };

  beforeAll(async () => {
    const page = await readFile(new URL('../../docs/production.md', import.meta.url), 'utf8');
    const [, user = '', password = '', others = ''] = DOCUMENTED.exec(page) ?? [];
    rules = others.split(' ');
    load = await ClusterUnderLoad.open(executable ?? '', {
      roles: form(['all'], ['api', 'api', 'gateway', 'gateway', 'streamer', 'streamer']),
      prepare: async (redis, url) => {
        await redis.admin.call('ACL', 'SETUSER', user, 'on', `>${password}`, ...rules);
        return { REDIS_URL: url.replace('//', `//${user}:${password}@`) };
      },
    });
  }, 120_000);
  afterAll(() => load?.close());

  it('is enough with the documented rights, and nothing else is asked for', async () => {
    await load.allHealthy();
    await load.begin(CLIENTS);
    await load.newsArrives();
    await expect.poll(() => load.gatewayIds(), HEALED).toHaveLength(load.gateways.length);
    expect(await admin().call('ACL', 'LOG')).toEqual([]);
  });

  it.each([
    ['a command', ['-evalsha', '-eval']] as const,
    ...form(
      [],
      [
        ['a command of a script', ['-xadd']] as const,
        ['its channels', ['resetchannels', '&elsewhere:*']] as const,
        ['its keys', ['resetkeys', '~elsewhere:*']] as const,
      ],
    ),
  ])('says so where a right is missing: %s', async (_what, changes) => {
    await setUser(...changes);
    // Connections that were made before keep nothing of what is taken away.
    await expect
      .poll(() => troubles(load), HEALED)
      .toContainEqual(expect.stringContaining('docs/production.md'));
    await expect.poll(said, HEALED).toContainEqual(expect.stringMatching(/"message":"(NOPERM|ERR The user)/));
    expect(said().join()).not.toContain('document');
    await load.newsArrives();
    await setUser('reset', 'on', '>s3cret', ...rules);
    await load.allHealthy();
  });

  it.runIf(IS_SOAK)('says so when it is full, and events go on', async () => {
    await admin().config('SET', 'maxmemory', '1mb');
    await expect
      .poll(() => troubles(load), HEALED)
      .toContainEqual(expect.stringMatching(/is full and takes/));
    await load.newsArrives();
    await admin().config('SET', 'maxmemory', '0');
    await load.allHealthy();
    await load.newsArrives();
  });

  it.runIf(IS_SOAK)('says so when it throws keys away, and events go on', async () => {
    await admin().config('SET', 'maxmemory-policy', 'allkeys-lru');
    const used = Number(/used_memory:(\d+)/.exec(await admin().info('memory'))?.[1]);
    await admin().config('SET', 'maxmemory', used + 1_000_000);
    const fill = async (): Promise<readonly string[]> => {
      const values = Array.from({ length: 200 }, (_, n) => [
        `other:${Math.random()}:${n}`,
        'x'.repeat(1_000),
      ]);
      await admin().mset(...values.flat());
      return troubles(load);
    };
    await expect.poll(fill, HEALED).toContainEqual(expect.stringMatching(/throws keys away.*noeviction/));
    await load.newsArrives();
    await admin().config('SET', 'maxmemory', '0');
    await load.newsArrives();
    await expect.poll(() => keyEnding(load.cluster.redis, ':gateways'), HEALED).toMatch(/gateways$/);
  });

  it('nobody has missed, repeated or reordered anything', async () => {
    await load.expectExact(5);
  });
});

/** What the processes say of Redis. */
async function troubles({ apis, gateways, streamers }: ClusterUnderLoad): Promise<readonly string[]> {
  const answers = await Promise.all(
    [...apis, ...gateways, ...streamers].map(async ({ url }) => (await fetch(`${url}/health/ready`)).json()),
  );
  return answers.flatMap(({ degraded = [] }: { degraded?: { part: string; reason: string }[] }) =>
    degraded.filter(({ part }) => part === 'redis').map(({ reason }) => reason),
  );
}
