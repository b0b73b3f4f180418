import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { RedisBroker } from '../../gateway/broker/redis.ts';
import type { GatewayParts } from '../../gateway/gateway.ts';
import { RedisConnections } from '../../gateway/redis/connections.ts';
import { installationPrefix, type RedisSettings, redisSettings } from '../../gateway/redis/settings.ts';
import { gatewaySettings } from '../../gateway/settings.ts';
import { newCounters } from '../../gateway/stats.ts';
import { StreamerWorker } from '../../gateway/streamer/worker/streamer-worker.ts';
import { PresageError } from '../../schema/errors.ts';
import { serverFacts } from '../../server/domain/peer/server-facts.ts';
import type { Database } from '../../server/storage/database.ts';
import type { Config } from '../config/config.ts';
import type { Metrics } from '../metrics/metrics.ts';

/** The process' connections to Redis; `undefined` where the installation has none. A Redis that is away is waited for. */
export async function openRedis(
  { redis }: Config,
  database: Database,
  logger: Logger,
): Promise<RedisConnections | undefined> {
  if (redis.url === null) return undefined;
  const { serverId } = await serverFacts(database.prisma);
  return new RedisConnections(await settingsOf({ ...redis, url: redis.url }, serverId), logger);
}

/** What of the configuration Redis is used with, for the installation of this id. Throws `BAD_INPUT` if the CA can't be read. */
export async function settingsOf(
  { caFile, prefix, ...others }: Config['redis'] & { readonly url: string },
  installationId: string,
): Promise<RedisSettings> {
  const ca = caFile === null ? null : await readCa(caFile);
  return redisSettings({ ...others, ca, prefix: installationPrefix(prefix, installationId) });
}

async function readCa(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PresageError('BAD_INPUT', `The CA of Redis can't be read (${reason}); see PRESAGE_REDIS_CA.`);
  }
}

export interface BrokerOptions {
  /** Whether this process matches for gateways. */
  readonly matches: boolean;
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Publishes over Redis, and starts matching for gateways if it is to. What is started is pushed onto `started`. */
export function openBroker(
  redis: RedisConnections,
  log: GatewayParts['log'],
  { matches, config, logger, metrics }: BrokerOptions,
  started: (() => Promise<void>)[],
): RedisBroker {
  metrics.watchRedis(() => redis.isReady);
  const broker = new RedisBroker({ redis, log, logger });
  started.push(() => broker.close());
  if (!matches) return broker;
  const settings = gatewaySettings(config.gateway);
  const { meters } = metrics;
  const parts = { redis, log, broker, logger, settings, meters, counters: newCounters() };
  const worker = new StreamerWorker(parts);
  metrics.watchStreamer(worker);
  worker.start();
  started.push(() => worker.stop());
  return broker;
}
