import { createInterface } from 'node:readline';
import { InProcessBroker } from '../../gateway/broker/in-process.ts';
import { RedisBroker } from '../../gateway/broker/redis.ts';
import { RedisConnections } from '../../gateway/redis/connections.ts';
import { redisSettings } from '../../gateway/redis/settings.ts';
import { gatewaySettings } from '../../gateway/settings.ts';
import { newCounters } from '../../gateway/stats.ts';
import { StreamerWorker } from '../../gateway/streamer/worker/streamer-worker.ts';
import { MemoryLog } from '../../gateway/testing/memory-log.ts';
import { runGateway, SILENT } from '../../gateway/testing/running-gateway.ts';

/**
 * A gateway, over Redis and with a streamer where a URL is given, that is asked line by line and answers in JSON: so
 * that its heap can be read without that of the clients.
 */
const [url] = process.argv.slice(2);
const log = new MemoryLog();
const redis = url === undefined ? undefined : new RedisConnections(redisSettings({ url }), SILENT);
const broker = redis ? new RedisBroker({ redis, log, logger: SILENT }) : new InProcessBroker(SILENT);
const running = await runGateway({}, { log, broker, redis });
const settings = gatewaySettings();
const worker =
  redis && new StreamerWorker({ redis, log, broker, logger: SILENT, settings, counters: newCounters() });
worker?.start();
const stream = log.stream(1);

/** What it has, once garbage is collected: the least heap of several readings, since some is on its way out. */
async function look() {
  const heaps: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
    heaps.push(process.memoryUsage().heapUsed);
  }
  return {
    heap: Math.min(...heaps),
    stats: running.gateway.stats(),
    peers: running.gateway.peers().length,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    channels: redis?.channels.size ?? 0,
    listeners:
      redis?.commands.eventNames().reduce((n, name) => n + redis.commands.listenerCount(name), 0) ?? 0,
    registered: worker?.stats().registered ?? 0,
  };
}
export type Look = Awaited<ReturnType<typeof look>>;

async function answer(command: string): Promise<object> {
  switch (command) {
    case 'stats':
      return running.gateway.stats();
    case 'publish':
      broker.publish(log.tenant, [log.put(stream, log.entries.length, '1')]);
      return {};
    case 'close':
      await running.gateway.close();
      return {};
    default:
      return look();
  }
}

process.stdout.write(`${JSON.stringify({ url: running.url })}\n`);
for await (const command of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(command))}\n`);
}
await running.stop();
await worker?.stop();
await broker.close();
redis?.close();
