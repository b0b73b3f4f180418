import { Cluster, type ClusterNode, Redis, type RedisOptions } from 'ioredis';
import type { RedisSettings } from './settings.ts';

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

/** Opens a connection, which comes back by itself when it is lost. */
export function openClient({ url, clusterNodes }: RedisSettings, purpose: Purpose): Client {
  const enableOfflineQueue = purpose !== 'commands';
  const common = {
    connectionName: `presage-${purpose}`,
    connectTimeout: PATIENCE_MS,
    disableClientInfo: true,
    ...(purpose === 'commands' ? { commandTimeout: PATIENCE_MS } : {}),
    maxRetriesPerRequest: purpose === 'commands' ? 0 : null,
  } satisfies RedisOptions;
  if (clusterNodes.length === 0) {
    return new Redis(url, {
      ...common,
      // Whoever subscribes does it again.
      ...{ enableOfflineQueue, retryStrategy, autoResubscribe: false },
      // A primary that was made a replica: the address leads to the new primary by now, or soon.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    });
  }
  return new Cluster(startingNodes(url, clusterNodes), {
    ...{ enableOfflineQueue, clusterRetryStrategy: retryStrategy, ...REDIRECT },
    redisOptions: { ...common, ...accessOf(url) },
  });
}

function startingNodes(url: string, others: readonly string[]): ClusterNode[] {
  const nodes = [new URL(url).host, ...others].map((node) => new URL(`redis://${node}`));
  // An IPv6 address is in brackets in a URL, and in nothing else.
  return nodes.map(({ hostname, port }) => ({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || 6379,
  }));
}

/** What nodes that are found are asked with, too. */
function accessOf(url: string): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  const { protocol, username, password } = new URL(url);
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}
