/** How processes use Redis. Times are milliseconds. */
export interface RedisSettings {
  /** `redis://` or `rediss://`, with user and password if they are needed. */
  readonly url: string;
  /**
   * `host:port` of nodes of the Redis Cluster that `url` leads to one of: whichever answers names the others. Empty
   * where it is no Cluster. @default []
   */
  readonly clusterNodes: readonly string[];
  /**
   * `host:port` of Sentinels, which say where the primary is. `url` gives user, password, database and protocol then. Empty
   * where there are none. @default []
   */
  readonly sentinels: readonly string[];
  /** What the Sentinels call the primary. @default 'mymaster' */
  readonly sentinelName: string;
  /** User and password of the Sentinels themselves. @default null */
  readonly sentinelUser: string | null;
  readonly sentinelPassword: string | null;
  /** Certificates of the CAs that certificates of Redis are of, in PEM; null for those that the system knows. @default null */
  readonly ca: string | null;
  /** What every key begins with, so that several installations can share one Redis. */
  readonly prefix: string;
  /** Entries of a tenant's log kept in Redis, about; older ones are in Postgres. @default 10_000 */
  readonly logLength: number;
  /** Deliveries kept for a gateway that does not take them; what is trimmed it reads from Postgres. @default 1_000 */
  readonly deliveriesLength: number;
  /** A streamer that says nothing for so long loses its gateways to the others. @default 2_000 */
  readonly leaseMs: number;
  /** A gateway that says nothing for so long is swept away. @default 10_000 */
  readonly gatewayTtlMs: number;
  /** Pace at which gateways read Postgres while Redis, or every streamer, is away. @default 500 */
  readonly pollMs: number;
}

const DEFAULTS: Omit<RedisSettings, 'url'> = {
  clusterNodes: [],
  sentinels: [],
  sentinelName: 'mymaster',
  sentinelUser: null,
  sentinelPassword: null,
  ca: null,
  prefix: 'presage',
  logLength: 10_000,
  deliveriesLength: 1_000,
  leaseMs: 2_000,
  gatewayTtlMs: 10_000,
  pollMs: 500,
};

/** The defaults with some settings replaced, frozen. */
export function redisSettings(given: Pick<RedisSettings, 'url'> & Partial<RedisSettings>): RedisSettings {
  return Object.freeze({ ...DEFAULTS, ...given });
}

/** What every key of an installation begins with: two that share a Redis never see each other's. */
export function installationPrefix(prefix: string, installationId: string): string {
  return `${prefix}:${installationId.slice(0, 8)}`;
}
