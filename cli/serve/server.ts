import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { InProcessBroker } from '../../gateway/broker/in-process.ts';
import { createGateway, type Gateway } from '../../gateway/gateway.ts';
import { hostSources } from '../../server/collectors/host/host.ts';
import { type Collectors, startCollectors } from '../../server/collectors/runner.ts';
import type { Control } from '../../server/domain/control/control.ts';
import { PostgresControl } from '../../server/domain/control/postgres-control.ts';
import { DEFAULT_TENANT, type OpenDomain, openDomain } from '../../server/domain/open-domain.ts';
import { PeerDirectory } from '../../server/domain/peer/peer-directory.ts';
import { DEFAULT_PEER_SETTINGS, type PeerSettings } from '../../server/domain/peer/settings.ts';
import { addressOf } from '../../server/graphql/address.ts';
import type { Api } from '../../server/graphql/api.ts';
import { DEFAULT_API_SETTINGS } from '../../server/graphql/settings.ts';
import { openStorage, type Storage } from '../../server/storage/storage.ts';
import type { Config } from '../config/config.ts';
import { Metrics } from '../metrics/metrics.ts';
import { authenticator } from './authenticator.ts';
import { collectorActor } from './collector-actor.ts';
import { gatewayLog } from './gateway-log.ts';
import { listen, stopListening } from './listen.ts';
import { operatorKeys } from './operator-keys.ts';
import { readinessOf } from './readiness.ts';
import { closeRevoked } from './revocations.ts';
import type { RunningServer } from './running-server.ts';

/** How long requests under way may take to finish when the server stops, in ms. */
const REQUEST_GRACE_MS = 1_000;

/**
 * Wires the whole server into one process: storage, rules, API, gateway and collectors, started in that order and
 * stopped in the opposite one. What was started is stopped again if a later step fails.
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
    const control = await PostgresControl.open({ url: storage.database.url, logger });
    started.push(() => control.close());
    const domain = await startDomain(config, storage, control, logger);
    for (const task of domain.background) {
      task.start();
      started.push(() => task.stop());
    }
    const url = await startHttp(config, storage, domain, control, logger, started);
    if (config.collectors.collect === 'host') {
      const collectors = await collectHost(config, domain, logger);
      started.push(() => collectors.stop());
    }
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function storageSettings({ server, database }: Config) {
  return { dataDir: server.dataDir, databaseUrl: database.url ?? undefined, poolSize: database.poolSize };
}

async function startDomain(
  { server, peers: given }: Config,
  { database }: Storage,
  control: Control,
  logger: Logger,
): Promise<OpenDomain> {
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
  const rules = { maxFutureMs: maxFutureSeconds * 1_000, consensusDebounceMs, rules: settings };
  return openDomain(database, peers, rules, logger, control);
}

/** Starts the API and the gateway on one port; gives the URL that it is reached at. */
async function startHttp(
  config: Config,
  storage: Storage,
  domain: OpenDomain,
  control: Control,
  logger: Logger,
  started: (() => Promise<void>)[],
): Promise<string> {
  const api = await makeApi(config, storage, domain, logger);
  const metrics = new Metrics();
  const gateway = makeGateway(config, domain, api, metrics, logger, started);
  const answerMetrics = metrics.endpoint(config.metrics, (error) =>
    logger.error({ err: error }, 'the metrics could not be read'),
  );
  const http = createServer((request, response) => {
    metrics.onRequest(request, response);
    if (answerMetrics(request, response) || gateway.handle(request, response)) return;
    api.handle(request, response);
  });
  gateway.attach(http);
  const stopClosing = closeRevoked(control, gateway, domain.peers, logger);
  started.push(async () => stopClosing());
  const { host } = config.server;
  const port = await listen(http, host, config.server.port);
  started.push(async () => {
    const stopped = stopListening(http, REQUEST_GRACE_MS);
    await gateway.close();
    await stopped;
  });
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function makeApi(
  config: Config,
  { database }: Storage,
  domain: OpenDomain,
  logger: Logger,
): Promise<Api> {
  const { createApi } = await import('../../server/graphql/api.ts');
  const { depth, complexity, aliases, tokens, bodyBytes } = config.limits;
  return createApi({
    domain,
    logger,
    readiness: readinessOf(database.pool),
    settings: {
      ...DEFAULT_API_SETTINGS,
      publicRead: config.server.publicRead,
      trustProxy: config.server.trustProxy,
      maxDepth: depth,
      maxCost: complexity,
      maxAliases: aliases,
      maxTokens: tokens,
      maxBodyBytes: bodyBytes,
    },
  });
}

function makeGateway(
  config: Config,
  domain: OpenDomain,
  { executor }: Api,
  metrics: Metrics,
  logger: Logger,
  started: (() => Promise<void>)[],
): Gateway {
  const broker = new InProcessBroker(logger);
  const stop = domain.log.onCommit((tenant, entries) => {
    broker.publish(tenant, entries);
    metrics.onCommit(tenant, entries);
  });
  started.push(async () => stop());
  const gateway = createGateway({
    ...{ broker, executor, logger, settings: config.gateway, meters: metrics.meters },
    log: gatewayLog(domain.reader, domain.consensus),
    authenticate: authenticator(domain.peers, config.server.publicRead),
    addressOf: (request) => addressOf(request, config.server.trustProxy),
  });
  metrics.watchGateway(gateway);
  return gateway;
}

async function collectHost(config: Config, domain: OpenDomain, logger: Logger): Promise<Collectors> {
  const { intervalMs } = config.collectors;
  const { dataDir } = config.server;
  return startCollectors({
    ...{ domain, intervalMs, log: logger },
    actor: await collectorActor(domain.peers, join(dataDir, 'collector.key')),
    sources: hostSources({ intervalMs, diskPath: dataDir }),
  });
}
