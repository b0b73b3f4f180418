import { createServer } from 'node:http';
import type { Logger } from 'pino';
import { InProcessBroker } from '../../gateway/broker/in-process.ts';
import { createGateway, type Gateway, type GatewayParts } from '../../gateway/gateway.ts';
import type { RedisConnections } from '../../gateway/redis/connections.ts';
import type { Control } from '../../server/domain/control/control.ts';
import { PostgresControl } from '../../server/domain/control/postgres-control.ts';
import { DEFAULT_LINEAGE_SETTINGS } from '../../server/domain/lineage/settings.ts';
import { DEFAULT_TENANT, type OpenDomain, openDomain } from '../../server/domain/open-domain.ts';
import { PeerDirectory } from '../../server/domain/peer/peer-directory.ts';
import { DEFAULT_PEER_SETTINGS, type PeerSettings } from '../../server/domain/peer/settings.ts';
import { addressOf } from '../../server/graphql/address.ts';
import type { Api } from '../../server/graphql/api.ts';
import type { NotReady, Readiness } from '../../server/graphql/health.ts';
import { DEFAULT_API_SETTINGS } from '../../server/graphql/settings.ts';
import { openStorage, type Storage } from '../../server/storage/storage.ts';
import type { Config } from '../config/config.ts';
import { environment } from '../config/environment.ts';
import { Metrics } from '../metrics/metrics.ts';
import { authenticator } from './authenticator.ts';
import { startCollectors } from './collectors.ts';
import { gatewayLog } from './gateway-log.ts';
import { startInstance } from './instance.ts';
import { instanceStorage } from './instance-storage.ts';
import { listen, stopListening } from './listen.ts';
import { boundConnections } from './open-files.ts';
import { operatorKeys } from './operator-keys.ts';
import { Origins } from './origins.ts';
import { gatewayHealth, readinessOf, redisHealth } from './readiness.ts';
import { openBroker, openRedis } from './redis.ts';
import { controlOverRedis, drainRequest } from './redis-control.ts';
import { closeRevoked } from './revocations.ts';
import { DUTIES } from './roles.ts';
import type { RunningServer } from './running-server.ts';
import { type Answerer, answerHealth, refuseEventStreams, refuseUpgrades } from './without-gateway.ts';

/** How long requests under way may take to finish when the server stops, in ms. */
const REQUEST_GRACE_MS = 1_000;

/**
 * Wires a process of the role that the config names: storage, rules and, as the role has it, API, gateway, streamer and
 * collectors, started in that order and stopped in the opposite one. What was started is stopped again if a later step
 * fails.
 */
export async function startServer(config: Config, logger: Logger): Promise<RunningServer> {
  const started: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of started.splice(0).reverse()) await stop();
  };
  try {
    // Loading the API takes about as long as a database takes to start: the one happens during the other.
    const [storage] = await Promise.all([
      openStorage(storageSettings(config), logger),
      import('../../server/graphql/api.ts'),
    ]);
    started.push(() => storage.close());
    const redis = await openRedis(config, storage.database, logger);
    started.push(async () => redis?.close());
    const postgres = await PostgresControl.open({ url: storage.database.url, logger });
    const control = redis ? controlOverRedis(postgres, redis) : postgres;
    started.push(() => control.close());
    const domain = await startDomain(config, storage, control, logger);
    const duties = DUTIES[config.server.role];
    for (const task of duties.api ? domain.background : domain.upkeep) {
      task.start();
      started.push(() => task.stop());
    }
    const process = { config, storage, domain, control, logger, redis, started };
    const { url, drained } = await startHttp(process);
    const collectors = duties.api ? await startCollectors(config, domain, logger) : undefined;
    if (collectors) {
      started.push(() => collectors.stop());
      const instance = await startInstance(config, collectors, domain, url, logger);
      started.push(() => instance.stop());
    }
    return { url, drained, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the parts of a process are made from. */
interface Parts {
  readonly config: Config;
  readonly storage: Storage;
  readonly domain: OpenDomain;
  readonly control: Control;
  readonly logger: Logger;
  readonly redis: RedisConnections | undefined;
  /** What stops that which was started. */
  readonly started: (() => Promise<void>)[];
}

function storageSettings({ server, database }: Config) {
  const { url, poolSize, readTimeoutMs } = database;
  return {
    ...{ dataDir: server.dataDir, databaseUrl: url ?? undefined, poolSize, readTimeoutMs },
    environment: environment(),
  };
}

async function startDomain(
  config: Config,
  { database }: Storage,
  control: Control,
  logger: Logger,
): Promise<OpenDomain> {
  const { server, peers: given } = config;
  const settings: PeerSettings = {
    ...DEFAULT_PEER_SETTINGS,
    tenant: DEFAULT_TENANT,
    challengeSeconds: server.challengeSeconds,
    accessSeconds: server.accessTokenSeconds,
    refreshSeconds: server.refreshTokenSeconds,
    openJoin: given.openJoin,
    signInsPerKey: given.signInsPerKey,
    signInsPerAddress: given.signInsPerAddress,
    operatorKeys: await operatorKeys(given.operatorKeys, server.dataDir),
    limits: {
      observationsPerMinute: given.observationsPerMinute,
      predictionsPerMinute: given.predictionsPerMinute,
      streams: given.maxStreams,
    },
  };
  const peers = await PeerDirectory.open({ prisma: database.prisma, settings });
  const { maxFutureSeconds, consensusDebounceMs } = server;
  const rules = {
    ...{ maxFutureMs: maxFutureSeconds * 1_000, consensusDebounceMs, rules: settings },
    storage: instanceStorage(),
  };
  return openDomain(database, peers, { ...rules, ...lineageSettings(config) }, logger, control);
}

function lineageSettings({ instance, alerts }: Config) {
  return {
    lineage: {
      ...DEFAULT_LINEAGE_SETTINGS,
      heartbeatTimeoutMs: instance.heartbeatTimeoutMs,
      minGapMs: alerts.minGapSeconds * 1_000,
      cadenceFactor: alerts.cadences,
      instancesPerPeer: instance.maxPerPeer,
      recordCallsPerMinute: instance.callsPerMinute,
    },
    ...(alerts.webhook !== null && alerts.secret !== null
      ? { alerts: { url: alerts.webhook, secret: alerts.secret } }
      : {}),
  };
}

/** Starts what is reached over the network, all on one port; gives the URL that it is reached at. */
async function startHttp(parts: Parts): Promise<Pick<RunningServer, 'url' | 'drained'>> {
  const { config, storage, domain, control, logger, redis, started } = parts;
  const { host, port: wanted, role } = config.server;
  const log = gatewayLog(domain.reader, domain.consensus);
  const metrics = new Metrics();
  const matches = DUTIES[role].streamer;
  const broker = redis
    ? openBroker(redis, log, { matches, config, logger, metrics }, started)
    : new InProcessBroker(logger);
  const stopPublishing = domain.log.onCommit((tenant, entries) => {
    broker.publish(tenant, entries);
    metrics.onCommit(tenant, entries);
  });
  started.push(async () => stopPublishing());
  const health: (() => NotReady | null)[] = redis ? [redisHealth(redis)] : [];
  const readiness = readinessOf(storage.database.pool, logger, health);
  const answerMetrics = metrics.endpoint(config.metrics, (error) =>
    logger.error({ err: error }, 'the metrics could not be read'),
  );
  const origins = new Origins(config.server.origins);
  const answerers: Answerer[] = [origins.refuse, answerMetrics];
  const http = createServer((request, response) => {
    metrics.onRequest(request, response);
    answerers.some((answers) => answers(request, response));
  });
  boundConnections(http, logger, config.database);
  let drained = new Promise<void>(() => undefined);
  let stopGateway = async (): Promise<void> => undefined;
  if (role === 'streamer') answerers.push(answerHealth(readiness));
  else {
    const api = await makeApi(parts, readiness);
    if (DUTIES[role].gateway) {
      const catchUpLog = gatewayLog(domain.subscribers, domain.consensus);
      const gateway = makeGateway(
        parts,
        api,
        { log, catchUpLog, broker, admits: (request) => origins.check(request) },
        metrics,
      );
      gateway.attach(http);
      answerers.push((request, response) => gateway.handle(request, response));
      health.push(() => gatewayHealth(gateway));
      const stopClosing = closeRevoked(control, gateway, domain.peers, logger);
      started.push(async () => stopClosing());
      if (redis) {
        const drain = drainRequest(redis, () => gateway.id);
        started.push(async () => drain.stop());
        drained = drain.drained;
      }
      stopGateway = () => gateway.close();
    } else answerers.push(refuseEventStreams);
    answerers.push((request, response) => {
      api.handle(request, response);
      return true;
    });
  }
  if (!DUTIES[role].gateway) refuseUpgrades(http);
  const port = await listen(http, host, wanted);
  started.push(async () => {
    const stopped = stopListening(http, REQUEST_GRACE_MS);
    await stopGateway();
    await stopped;
  });
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, drained };
}

async function makeApi({ config, domain, logger }: Parts, readiness: Readiness): Promise<Api> {
  const { createApi } = await import('../../server/graphql/api.ts');
  const { depth, complexity, aliases, tokens, readingMs, bodyBytes, unfinishedBytes } = config.limits;
  return createApi({
    ...{ domain, logger, readiness },
    settings: {
      ...DEFAULT_API_SETTINGS,
      publicRead: config.server.publicRead,
      trustProxy: config.server.trustProxy,
      maxDepth: depth,
      maxCost: complexity,
      maxAliases: aliases,
      maxTokens: tokens,
      maxReadingMs: readingMs,
      maxBodyBytes: bodyBytes,
      maxUnfinishedBytes: unfinishedBytes,
    },
  });
}

function makeGateway(
  { config, domain, logger, redis }: Parts,
  { executor }: Api,
  handed: Pick<GatewayParts, 'log' | 'catchUpLog' | 'broker' | 'admits'>,
  metrics: Metrics,
): Gateway {
  const gateway = createGateway({
    ...handed,
    ...{ redis, executor, logger, settings: config.gateway, meters: metrics.meters },
    authenticate: authenticator(domain.peers, config.server.publicRead),
    addressOf: (request) => addressOf(request, config.server.trustProxy),
  });
  metrics.watchGateway(gateway);
  metrics.watchLineage(domain.lineageStats);
  return gateway;
}
