import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisConnections } from '../gateway/redis/connections.ts';
import { redisSettings } from '../gateway/redis/settings.ts';
import { SILENT } from '../gateway/testing/running-gateway.ts';
import { findRedis, TestRedis } from './support/redis.ts';

const executable = findRedis();

describe.skipIf(!executable)('channels over Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await TestRedis.open(executable ?? '');
  });
  afterAll(() => redis?.close());

  it('are heard again when the connection was cut, or Redis came back empty', async () => {
    const connections = new RedisConnections(redisSettings({ url: redis.url }), SILENT);
    const heard: string[] = [];
    const stop = connections.channels.listen('news', (message) => heard.push(message));
    const hears = (message: string) =>
      expect
        .poll(async () => {
          await redis.admin.publish('news', message);
          return heard.includes(message);
        })
        .toBe(true);
    await hears('at first');
    await redis.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await hears('after a cut');
    await redis.stop('SIGKILL');
    await redis.start();
    await hears('after a restart');
    stop();
    connections.close();
  });
});
