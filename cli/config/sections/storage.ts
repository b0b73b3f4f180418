import { z } from 'zod';
import { addresses, optional, text, url, wholeNumber } from '../kinds.ts';
import { setting } from '../setting.ts';

/** Where rows and the recent log are kept. */
export const database = z.strictObject({
  url: setting(optional(url(['postgres:', 'postgresql:'])), null, {
    env: 'DATABASE_URL',
    about:
      'PostgreSQL 15 or newer to use, itself or through a pool of sessions; `?schema=` names the schema of the tables. See docs/production.md.',
    defaultText: 'none: an embedded PostgreSQL in the data directory',
    secret: true,
  }),
  poolSize: setting(wholeNumber(5, 500), 13, {
    env: 'PRESAGE_DATABASE_POOL_SIZE',
    about:
      'Most connections that one server process opens, beside one that listens for changes of peers. A part of them (3 of 13) is for reading, so that no reader keeps a writer waiting. While one large batch of a tenant is committed, the rows of the next are inserted over connections to spare: none below 7, of two batches from 10 on.',
  }),
  readTimeoutMs: setting(wholeNumber(100, 3_600_000), 5_000, {
    env: 'PRESAGE_READ_TIMEOUT_MS',
    about:
      'How long the database may take over one statement of a reader before that fails with `TOO_COMPLEX`, in ms. Subscriptions that catch up read as much at once as fits.',
  }),
});

export const redis = z.strictObject({
  url: setting(optional(url(['redis:', 'rediss:'])), null, {
    env: 'REDIS_URL',
    about: 'Redis 6.2 or newer, through which several processes share subscriptions.',
    defaultText: 'none: one process does everything',
    secret: true,
  }),
  clusterNodes: setting(addresses(100), [], {
    env: 'PRESAGE_REDIS_CLUSTER_NODES',
    about:
      'Nodes of the Redis Cluster that `redis.url` leads to one of. One is enough: any of them that answers names the others.',
    defaultText: 'none: it is no Cluster',
  }),
  sentinels: setting(addresses(100), [], {
    env: 'PRESAGE_REDIS_SENTINELS',
    about:
      'Sentinels that say where the primary is; `redis.url` gives user, password, database and protocol then, and its host is not asked. With `rediss://` they are reached by TLS, too.',
    defaultText: 'none: `redis.url` leads to Redis itself',
  }),
  sentinelName: setting(text(100), 'mymaster', {
    env: 'PRESAGE_REDIS_SENTINEL_NAME',
    about: 'What the Sentinels call the primary.',
  }),
  sentinelUser: setting(optional(text(200)), null, {
    env: 'PRESAGE_REDIS_SENTINEL_USER',
    about: 'The user that the Sentinels themselves are asked as.',
    defaultText: 'none',
  }),
  sentinelPassword: setting(optional(text(500)), null, {
    env: 'PRESAGE_REDIS_SENTINEL_PASSWORD',
    about: 'The password of the Sentinels themselves.',
    defaultText: 'none',
    secret: true,
  }),
  caFile: setting(optional(text(4_096)), null, {
    env: 'PRESAGE_REDIS_CA',
    about: 'A file with the CA that the certificates of a `rediss://` are of, in PEM.',
    defaultText: 'the CAs that Node.js knows',
  }),
  prefix: setting(text(100), 'presage', {
    env: 'PRESAGE_REDIS_PREFIX',
    about: 'What every key in Redis begins with, before the id of the installation.',
  }),
  logLength: setting(wholeNumber(1_000, 100_000_000), 10_000, {
    env: 'PRESAGE_REDIS_LOG_LENGTH',
    about: 'Entries of each tenant’s log kept in Redis, about; all of it is in the database.',
  }),
  deliveriesLength: setting(wholeNumber(10, 1_000_000), 1_000, {
    env: 'PRESAGE_REDIS_DELIVERIES_LENGTH',
    about: 'Deliveries kept in Redis for a gateway that is slow to take them, about.',
  }),
  leaseMs: setting(wholeNumber(200, 60_000), 2_000, {
    env: 'PRESAGE_REDIS_LEASE_MS',
    about: 'Others take over from a streamer that says nothing for so long, in ms.',
  }),
  gatewayTtlMs: setting(wholeNumber(1_000, 600_000), 10_000, {
    env: 'PRESAGE_REDIS_GATEWAY_TTL_MS',
    about: 'What a gateway that says nothing for so long has in Redis is swept away, in ms.',
  }),
  pollMs: setting(wholeNumber(20, 60_000), 500, {
    env: 'PRESAGE_REDIS_POLL_MS',
    about: 'How often gateways ask the database for news while Redis, or every streamer, is away, in ms.',
  }),
});
