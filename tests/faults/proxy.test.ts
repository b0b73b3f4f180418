import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNginx, TestNginx } from '../support/nginx.ts';
import { findRedis } from '../support/redis.ts';
import { ClusterUnderLoad, HEALED } from './support/cluster-under-load.ts';
import { IS_SOAK } from './support/form.ts';
import { socketFeed } from './support/socket-feed.ts';
import { eventSourceFeed, graphqlSseFeed, symbolsOf } from './support/stream-feeds.ts';

const redis = IS_SOAK ? findRedis() : undefined;
const executable = IS_SOAK ? findNginx() : undefined;
const CLIENTS = 200;

/**
 * Two API servers and two gateways behind an nginx that is set up as docs/production.md says, word for word. Of the long
 * form only: an nginx is not everywhere.
 */
describe.skipIf(!executable || !redis)('behind nginx', () => {
  let load: ClusterUnderLoad;
  let nginx: TestNginx;

  beforeAll(async () => {
    load = await ClusterUnderLoad.open(redis ?? '');
    const page = await readFile(new URL('../../docs/production.md', import.meta.url), 'utf8');
    const [, documented = ''] = /```nginx\n(.*?)```/s.exec(page) ?? [];
    const ports = [...load.apis, ...load.gateways].map(({ url }) => new URL(url).port);
    const ours = ['4000', '4010', '4001', '4002'].reduce(
      (text, port, n) => text.replace(`127.0.0.1:${port}`, `127.0.0.1:${ports[n]}`),
      documented,
    );
    // TLS ends elsewhere here, and workers that are to go do so soon.
    const plain = ours.replace('listen 443 ssl http2', 'listen LISTEN').replace(/ssl_certificate.*;/g, '');
    const config = plain.replace('worker_shutdown_timeout 60s', 'worker_shutdown_timeout 1s');
    expect(config).not.toBe(plain);
    nginx = await TestNginx.open(executable ?? '', config);
  }, 120_000);
  afterAll(async () => {
    await nginx?.close();
    await load?.close();
  });

  it('serves every transport, each where it belongs', async () => {
    await load.allHealthy();
    let n = 0;
    await load.begin(CLIENTS, (filter) => {
      n += 1;
      if (n % 3 === 0 && symbolsOf(filter) !== undefined) return eventSourceFeed(nginx.url);
      return n % 3 === 1 ? graphqlSseFeed(nginx.url) : socketFeed(nginx.url);
    });
    await load.newsArrives();
    expect((await fetch(`${nginx.url}/metrics`)).status).toBe(404);
    const large = { method: 'POST', body: 'x'.repeat(9_000_000) };
    expect((await fetch(`${nginx.url}/graphql`, large)).status).toBe(413);
  });

  it('is reloaded, again and again, and cuts its clients off', async () => {
    for (let round = 0; round < 6; round += 1) {
      const before = connections();
      nginx.reload();
      await expect.poll(connections, HEALED).toBeGreaterThanOrEqual(before + CLIENTS);
      await load.newsArrives();
    }
  });

  it('a gateway behind it stops, and its clients come to the other', async () => {
    const [gateway] = load.gateways;
    await gateway?.stop();
    await load.newsArrives();
    await gateway?.start();
    await load.allHealthy();
  });

  it('nobody has missed, repeated or reordered anything', async () => {
    await load.expectExact(5);
  });

  function connections(): number {
    return load.clients.reduce((sum, client) => sum + client.connections, 0);
  }
});
