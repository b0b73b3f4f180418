import { resolve } from 'node:path';
import type { Settings } from './schema.ts';

/** A rule between settings. It is judged only if each of `about` is sound by itself. */
export interface CrossCheck {
  readonly about: readonly string[];
  /** What is wrong and the way out, or `undefined`. */
  readonly problem: (settings: Settings) => string | undefined;
}

export const CROSS_CHECKS: readonly CrossCheck[] = [
  {
    about: ['server.role', 'redis.url', 'database.url'],
    problem: ({ server, redis, database }) =>
      server.role === 'all' || (redis.url !== null && database.url !== null)
        ? undefined
        : `must be all unless REDIS_URL and DATABASE_URL name what the processes share; set both, or leave the role ${server.role} out`,
  },
  {
    about: ['redis.clusterNodes', 'redis.url'],
    problem: ({ redis }) =>
      redis.clusterNodes.length === 0 || redis.url !== null
        ? undefined
        : 'must be empty unless REDIS_URL leads to a node of the same Cluster; set it, too',
  },
  {
    about: ['redis.sentinels', 'redis.url', 'redis.clusterNodes'],
    problem: ({ redis }) =>
      redis.sentinels.length === 0 || (redis.url !== null && redis.clusterNodes.length === 0)
        ? undefined
        : 'must be empty unless REDIS_URL is set and leads to no Cluster: it says how the primary is reached, such as redis://user:password@any',
  },
  {
    about: ['redis.gatewayTtlMs', 'redis.leaseMs'],
    problem: ({ redis }) =>
      redis.gatewayTtlMs > redis.leaseMs
        ? undefined
        : `must be more than redis.leaseMs (${redis.leaseMs}), or gateways are swept away while streamers change`,
  },
  {
    about: ['server.refreshTokenSeconds', 'server.accessTokenSeconds'],
    problem: ({ server }) =>
      server.refreshTokenSeconds > server.accessTokenSeconds
        ? undefined
        : `must be more than server.accessTokenSeconds (${server.accessTokenSeconds}), or there is nothing to refresh`,
  },
  {
    about: ['limits.unfinishedBytes', 'limits.bodyBytes'],
    problem: ({ limits }) =>
      limits.unfinishedBytes >= limits.bodyBytes
        ? undefined
        : `must be limits.bodyBytes (${limits.bodyBytes}) at least, or no body of that length ever comes in`,
  },
  {
    about: ['neuron.dataDir', 'server.dataDir'],
    problem: ({ neuron, server }) =>
      neuron.dataDir === null || resolve(neuron.dataDir) !== resolve(server.dataDir)
        ? undefined
        : 'must be another directory than server.dataDir, such as one inside it',
  },
  {
    about: ['instance.heartbeatTimeoutMs', 'instance.heartbeatMs'],
    problem: ({ instance }) =>
      instance.heartbeatTimeoutMs >= 2 * instance.heartbeatMs
        ? undefined
        : `must be twice instance.heartbeatMs (${instance.heartbeatMs}) at least, or what lives is taken for dead`,
  },
  {
    about: ['alerts.secret', 'alerts.webhook'],
    problem: ({ alerts }) =>
      alerts.webhook === null || alerts.secret !== null
        ? undefined
        : 'must be given with alerts.webhook: what receives alerts knows by it that they are ours',
  },
  {
    about: ['gateway.stalledAfterMs', 'gateway.pingIntervalMs'],
    problem: ({ gateway }) =>
      gateway.stalledAfterMs > gateway.pingIntervalMs
        ? undefined
        : `must be more than gateway.pingIntervalMs (${gateway.pingIntervalMs}), or healthy clients are closed`,
  },
];
