import { Cluster, type ClusterNode, Redis, type RedisOptions } from 'ioredis';
import type { RedisSettings } from './settings.ts';
import { watched } from './watched-client.ts';

/** A connection to one Redis, or to whichever nodes of a Cluster have what it is asked for. */
export type Client = Redis | Cluster;

/** How long a command may take before Redis counts as away. */
const PATIENCE_MS = 2_000;
const LONGEST_RETRY_MS = 500;
/** Pause before a command is sent again to a Cluster whose node is gone, and how often it is, in ms. */
const REDIRECT = { retryDelayOnFailover: 100, retryDelayOnClusterDown: 100, maxRedirections: 8 } as const;

/** Who waits for what: commands fail at once while Redis is away, so that nobody waits for it; the others wait. */
export type Purpose = 'commands' | 'pubsub' | 'blocking';

const retryStrategy = (times: number): number => Math.min(20 * 2 ** Math.min(times, 10), LONGEST_RETRY_MS);

/** Opens a connection, which comes back by itself when it is lost. `onFailure` hears of every command that fails. */
export function openClient(
  settings: RedisSettings,
  purpose: Purpose,
  onFailure: (error: unknown) => void = () => undefined,
): Client {
  const enableOfflineQueue = purpose !== 'commands';
  const common = {
    connectionName: `presage-${purpose}`,
    connectTimeout: PATIENCE_MS,
    disableClientInfo: true,
    ...(purpose === 'commands' ? { commandTimeout: PATIENCE_MS } : {}),
    maxRetriesPerRequest: purpose === 'commands' ? 0 : null,
  } satisfies RedisOptions;
  const { url, clusterNodes } = settings;
  if (clusterNodes.length === 0) {
    const options = {
      ...{ ...common, ...tlsOf(settings), ...sentinelsOf(settings) },
      // Whoever subscribes does it again.
      ...{ enableOfflineQueue, retryStrategy, autoResubscribe: false },
      // A primary that was made a replica: the address leads to the new primary by now, or soon.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    } satisfies RedisOptions;
    // The client would make a `tls` of its own of the protocol.
    return watched(new Redis(url.replace(/^rediss:/, 'redis:'), options), onFailure);
  }
  const cluster = new Cluster(startingNodes(url, clusterNodes), {
    ...{ enableOfflineQueue, clusterRetryStrategy: retryStrategy, ...REDIRECT },
    redisOptions: { ...common, ...accessOf(settings) },
  });
  return watched(cluster, onFailure);
}

/**
 * Where Sentinels say which Redis is the primary, whenever a connection has to be opened. They aren't listened to
 * (`failoverDetector`): with ioredis 6.0 a client that is just asking them when one announces another primary ends for good. A
 * primary that was replaced says so by itself, by cutting connections or by READONLY.
 */
function sentinelsOf(settings: RedisSettings): Omit<RedisOptions, 'replyMapping'> {
  const { sentinels, sentinelName, sentinelUser, sentinelPassword } = settings;
  if (sentinels.length === 0) return {};
  const { tls } = tlsOf(settings);
  return {
    sentinels: sentinels.map((node) => addressOf(node, 26_379)),
    name: sentinelName,
    ...(sentinelUser === null ? {} : { sentinelUsername: sentinelUser }),
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
    ...(tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tls }),
    sentinelRetryStrategy: retryStrategy,
  };
}

function startingNodes(url: string, others: readonly string[]): ClusterNode[] {
  return [new URL(url).host, ...others].map((node) => addressOf(node, 6_379));
}

function addressOf(node: string, defaultPort: number): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(`redis://${node}`);
  // An IPv6 address is in brackets in a URL, and in nothing else.
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) || defaultPort };
}

/** What nodes that are found are asked with, too. */
function accessOf(settings: RedisSettings): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  const { username, password } = new URL(settings.url);
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...tlsOf(settings),
  };
}

function tlsOf({ url, ca }: Pick<RedisSettings, 'url' | 'ca'>): Pick<RedisOptions, 'tls'> {
  if (new URL(url).protocol !== 'rediss:') return {};
  return { tls: ca === null ? {} : { ca } };
}
