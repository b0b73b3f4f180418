import { z } from 'zod';
import { ADAPTER_NAMES } from '../../neuron/adapters/adapter.ts';
import {
  addresses,
  directory,
  fractions,
  hostName,
  linesOf,
  listOf,
  oneOf,
  optional,
  someOf,
  text,
  trueOrFalse,
  url,
  wholeNumber,
  wholeNumbers,
} from './kinds.ts';
import { setting } from './setting.ts';

/** Every setting of Presage, by section. Defaults are here and nowhere else. */
export const configSchema = z.strictObject({
  server: z.strictObject({
    port: setting(wholeNumber(0, 65_535), 4000, {
      env: 'PRESAGE_PORT',
      flag: '--port <number>',
      about: 'TCP port for HTTP and WebSocket; 0 takes a free one.',
    }),
    host: setting(hostName(), '127.0.0.1', {
      env: 'PRESAGE_HOST',
      flag: '--host <address>',
      about: 'Address to listen on; 0.0.0.0 or :: for every network interface.',
    }),
    role: setting(oneOf(['all', 'api', 'gateway', 'streamer']), 'all', {
      env: 'PRESAGE_ROLE',
      flag: '--role <all|api|gateway|streamer>',
      about:
        'What this process does: the API and the work behind it, subscriptions, matching for gateways, or all of it.',
    }),
    dataDir: setting(directory(), '.presage', {
      env: 'PRESAGE_DATA_DIR',
      flag: '--data-dir <directory>',
      about: 'Where the embedded database, keys and the neuron keep their files.',
    }),
    publicRead: setting(trueOrFalse(), true, {
      env: 'PRESAGE_PUBLIC_READ',
      flag: '--public-read <true|false>',
      about: 'Whether reading needs no token. Writing always needs one.',
    }),
    accessTokenSeconds: setting(wholeNumber(30, 86_400), 900, {
      env: 'PRESAGE_ACCESS_TOKEN_SECONDS',
      about: 'Lifetime of an access token, in seconds.',
    }),
    refreshTokenSeconds: setting(wholeNumber(60, 31_536_000), 2_592_000, {
      env: 'PRESAGE_REFRESH_TOKEN_SECONDS',
      about: 'Lifetime of a refresh token, in seconds.',
    }),
    challengeSeconds: setting(wholeNumber(5, 3_600), 120, {
      env: 'PRESAGE_CHALLENGE_SECONDS',
      about: 'How long a sign-in challenge can be answered, in seconds.',
    }),
    consensusDebounceMs: setting(wholeNumber(0, 60_000), 100, {
      env: 'PRESAGE_CONSENSUS_DEBOUNCE_MS',
      about: 'How long predictions are gathered before the consensus is made of them, in ms.',
    }),
    maxFutureSeconds: setting(wholeNumber(0, 315_360_000), 86_400, {
      env: 'PRESAGE_MAX_FUTURE_SECONDS',
      about: 'How far ahead of the server’s clock `observedAt` may be, in seconds.',
    }),
    trustProxy: setting(trueOrFalse(), false, {
      env: 'PRESAGE_TRUST_PROXY',
      about:
        'Whether the address of a client is the last of `X-Forwarded-For`: only behind a proxy that sets it.',
    }),
  }),
  peers: z.strictObject({
    operatorKeys: setting(listOf(100, 43), [], {
      env: 'PRESAGE_OPERATOR_KEYS',
      about: 'Public keys (base64url) of the operators of the installation, separated by commas.',
      defaultText: 'a key made on first start, `operator.key` in the data directory',
    }),
    openJoin: setting(trueOrFalse(), true, {
      env: 'PRESAGE_OPEN_JOIN',
      about: 'Whether new keys may join the tenant `default` without a join code.',
    }),
    signInsPerKey: setting(wholeNumber(1, 1_000_000), 60, {
      env: 'PRESAGE_SIGN_INS_PER_KEY',
      about: 'Sign-ins a minute with one key, at one server process.',
    }),
    signInsPerAddress: setting(wholeNumber(3, 10_000_000), 1_200, {
      env: 'PRESAGE_SIGN_INS_PER_ADDRESS',
      about: 'Challenges, answers and refreshes a minute from one address, at one server process.',
    }),
    observationsPerMinute: setting(wholeNumber(0, 2_000_000_000), 6_000_000, {
      env: 'PRESAGE_PEER_OBSERVATIONS_PER_MINUTE',
      about: 'Observations a minute of a peer that has no limit of its own, at one server process.',
    }),
    predictionsPerMinute: setting(wholeNumber(0, 2_000_000_000), 600_000, {
      env: 'PRESAGE_PEER_PREDICTIONS_PER_MINUTE',
      about: 'Predictions a minute of a peer that has no limit of its own, at one server process.',
    }),
    maxStreams: setting(wholeNumber(0, 2_000_000_000), 10_000, {
      env: 'PRESAGE_PEER_MAX_STREAMS',
      about: 'Streams of a peer that has no limit of its own.',
    }),
  }),
  database: z.strictObject({
    url: setting(optional(url(['postgres:', 'postgresql:'])), null, {
      env: 'DATABASE_URL',
      about: 'PostgreSQL 15 or newer to use.',
      defaultText: 'none: an embedded PostgreSQL in the data directory',
      secret: true,
    }),
    poolSize: setting(wholeNumber(4, 500), 10, {
      env: 'PRESAGE_DATABASE_POOL_SIZE',
      about: 'Most connections that one server process opens, beside one that listens for changes of peers.',
    }),
  }),
  redis: z.strictObject({
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
  }),
  limits: z.strictObject({
    depth: setting(wholeNumber(3, 100), 12, {
      env: 'PRESAGE_MAX_DEPTH',
      about: 'Deepest nesting of a GraphQL operation.',
    }),
    complexity: setting(wholeNumber(10, 10_000_000), 50_000, {
      env: 'PRESAGE_MAX_COMPLEXITY',
      about: 'Highest cost of a GraphQL operation: about one per field and item asked for.',
    }),
    aliases: setting(wholeNumber(0, 10_000), 30, {
      env: 'PRESAGE_MAX_ALIASES',
      about: 'Most aliases in a GraphQL operation.',
    }),
    tokens: setting(wholeNumber(100, 1_000_000), 5_000, {
      env: 'PRESAGE_MAX_TOKENS',
      about: 'Most lexical tokens in a GraphQL document (variables don’t count).',
    }),
    bodyBytes: setting(wholeNumber(1_024, 1_073_741_824), 8_388_608, {
      env: 'PRESAGE_MAX_BODY_BYTES',
      about: 'Largest body of an HTTP request, in bytes.',
    }),
  }),
  gateway: z.strictObject({
    byteBudget: setting(wholeNumber(16_384, 1_073_741_824), 1_048_576, {
      env: 'PRESAGE_BYTE_BUDGET',
      about: 'Bytes that may wait for one slow client before it is fed from the database at its own pace.',
    }),
    maxMessageBytes: setting(wholeNumber(1_024, 268_435_456), 262_144, {
      env: 'PRESAGE_MAX_MESSAGE_BYTES',
      about: 'Largest WebSocket message or body for `/graphql/stream` that a client may send, in bytes.',
    }),
    maxConnectionsPerAddress: setting(wholeNumber(1, 10_000_000), 10_000, {
      env: 'PRESAGE_MAX_CONNECTIONS_PER_ADDRESS',
      about: 'Most realtime connections from one address, over all transports.',
    }),
    maxMessagesPerSecond: setting(wholeNumber(1, 1_000_000), 200, {
      env: 'PRESAGE_MAX_MESSAGES_PER_SECOND',
      about: 'Most messages a second that a client may send over a WebSocket, on average over ten seconds.',
    }),
    idleTimeoutMs: setting(wholeNumber(1_000, 2_000_000_000), 600_000, {
      env: 'PRESAGE_IDLE_TIMEOUT_MS',
      about: 'A WebSocket without any operation for so long is closed, in ms.',
    }),
    reconnectJitterMs: setting(wholeNumber(0, 600_000), 5_000, {
      env: 'PRESAGE_RECONNECT_JITTER_MS',
      about:
        'When the server stops, clients are told to come again after a random time of at most so much, in ms.',
    }),
    closeGraceMs: setting(wholeNumber(100, 60_000), 2_000, {
      env: 'PRESAGE_CLOSE_GRACE_MS',
      about: 'How long a closing connection may take to finish what is under way and be written out, in ms.',
    }),
    connectionInitTimeoutMs: setting(wholeNumber(100, 600_000), 10_000, {
      env: 'PRESAGE_INIT_TIMEOUT_MS',
      about: 'How long a new WebSocket may take to send `connection_init`, in ms.',
    }),
    pingIntervalMs: setting(wholeNumber(100, 3_600_000), 12_000, {
      env: 'PRESAGE_PING_INTERVAL_MS',
      about: 'How often clients are pinged, in ms.',
    }),
    stalledAfterMs: setting(wholeNumber(200, 3_600_000), 30_000, {
      env: 'PRESAGE_STALLED_AFTER_MS',
      about: 'A client that takes or answers nothing for so long is closed, in ms.',
    }),
    maxFilterConditions: setting(wholeNumber(1, 4_096), 512, {
      env: 'PRESAGE_MAX_FILTER_CONDITIONS',
      about:
        'Most conditions that the filter of a subscription may come to when its `and`, `or` and `not` are written out as alternatives.',
    }),
    maxSubscriptionsPerConnection: setting(wholeNumber(1, 1_000_000), 1_000, {
      env: 'PRESAGE_MAX_SUBSCRIPTIONS',
      about: 'Most operations at once on one connection.',
    }),
  }),
  metrics: z.strictObject({
    read: setting(oneOf(['loopback', 'all', 'none']), 'loopback', {
      env: 'PRESAGE_METRICS_READ',
      about: 'Who may read `/metrics` without a token: this machine, everybody, or nobody.',
    }),
    token: setting(optional(text(500)), null, {
      env: 'PRESAGE_METRICS_TOKEN',
      about: 'Lets whoever sends it as a bearer token read `/metrics`, from anywhere.',
      defaultText: 'none',
      secret: true,
    }),
  }),
  collectors: z.strictObject({
    collect: setting(oneOf(['host', 'none']), 'host', {
      env: 'PRESAGE_COLLECT',
      flag: '--collect <host|none>',
      about: 'What the server observes by itself: the metrics of its machine, or nothing.',
    }),
    intervalMs: setting(wholeNumber(100, 3_600_000), 2_000, {
      env: 'PRESAGE_COLLECT_INTERVAL_MS',
      flag: '--collect-interval-ms <ms>',
      about: 'Time between two observations of a stream about the machine, in ms.',
    }),
    file: setting(optional(text(4_096)), null, {
      env: 'PRESAGE_COLLECTORS_FILE',
      flag: '--collectors <file>',
      about: 'The file that names what else is collected: see docs/collectors.md.',
      defaultText: '`collectors.yaml` in the working directory, if there is one',
    }),
    keyFile: setting(optional(text(4_096)), null, {
      env: 'PRESAGE_COLLECTOR_KEY',
      flag: '--collector-key <file>',
      about:
        'The Ed25519 key of the peer that owns what is collected. Servers that hand streams to each other share it.',
      defaultText: '`collector.key` in the data directory',
    }),
    spoolMaxMb: setting(wholeNumber(1, 1_048_576), 1_024, {
      env: 'PRESAGE_SPOOL_MAX_MB',
      about:
        'Most that is kept on disk of what was collected, in MiB; what is not published yet is never dropped.',
    }),
    spoolRetentionHours: setting(wholeNumber(1, 87_600), 48, {
      env: 'PRESAGE_SPOOL_RETENTION_HOURS',
      about:
        'How long what was collected and published is kept on disk, for buffer queries and backfills, in hours.',
    }),
  }),
  instance: z.strictObject({
    name: setting(optional(text(63)), null, {
      env: 'PRESAGE_INSTANCE',
      flag: '--instance <name>',
      about:
        'Names this server, or presage collect, in the lineage: the same through restarts, another for each of a tenant.',
      defaultText:
        'the host name and the port; of presage collect the host name and a hash of its storage directory',
    }),
    host: setting(optional(text(255)), null, {
      env: 'PRESAGE_INSTANCE_HOST',
      about: 'Where other servers reach this one.',
      defaultText: 'the host name',
    }),
    environment: setting(text(63), 'production', {
      env: 'PRESAGE_ENVIRONMENT',
      about: 'What this server is for, such as production or staging: shown in the lineage.',
    }),
    standby: setting(trueOrFalse(), false, {
      env: 'PRESAGE_STANDBY',
      flag: '--standby <true|false>',
      about: 'Whether this server, or presage collect, collects nothing until it is told to, by a handoff.',
    }),
    heartbeatMs: setting(wholeNumber(50, 60_000), 2_000, {
      env: 'PRESAGE_HEARTBEAT_MS',
      about: 'How often a server that collects says that it lives, and asks what to collect, in ms.',
    }),
    heartbeatTimeoutMs: setting(wholeNumber(200, 3_600_000), 15_000, {
      env: 'PRESAGE_HEARTBEAT_TIMEOUT_MS',
      about: 'A collection session without a heartbeat for so long has failed, at its last one, in ms.',
    }),
    maxPerPeer: setting(wholeNumber(0, 1_000_000), 100, {
      env: 'PRESAGE_INSTANCES_PER_PEER',
      about:
        'Most instances that are not retired that one peer may register over the API, as presage collect does.',
    }),
    callsPerMinute: setting(wholeNumber(1, 100_000_000), 6_000, {
      env: 'PRESAGE_RECORD_CALLS_PER_MINUTE',
      about:
        "How often a minute one peer's instances may write the record over the API, heartbeats counted; of each process of the API.",
    }),
  }),
  alerts: z.strictObject({
    webhook: setting(optional(url(['http:', 'https:'])), null, {
      env: 'PRESAGE_ALERT_WEBHOOK',
      about: 'Where gaps, failed sessions and failed handoffs are posted to: see docs/lineage.md.',
    }),
    secret: setting(optional(text(1_000)), null, {
      env: 'PRESAGE_ALERT_SECRET',
      about: 'What alerts are signed with; needed with a webhook.',
    }),
    minGapSeconds: setting(wholeNumber(0, 86_400), 30, {
      env: 'PRESAGE_ALERT_MIN_GAP_SECONDS',
      about: 'Shorter gaps are not announced, in seconds.',
    }),
    cadences: setting(wholeNumber(1, 1_000), 3, {
      env: 'PRESAGE_GAP_CADENCES',
      about: "Observations further apart than so many times their stream's cadence leave a data gap.",
    }),
  }),
  neuron: z.strictObject({
    serverUrl: setting(optional(url(['http:', 'https:'])), null, {
      env: 'PRESAGE_SERVER',
      flag: '--server <url>',
      about: 'The server that the neuron and the commands for publishers talk to.',
      defaultText: 'the server on this machine, at `server.port`',
    }),
    dataDir: setting(optional(directory()), null, {
      env: 'PRESAGE_NEURON_DATA_DIR',
      flag: '--neuron-data-dir <directory>',
      about: 'Where the neuron keeps its key and its SQLite file.',
      defaultText: '`neuron` inside `server.dataDir`',
    }),
    name: setting(optional(text(200)), null, {
      env: 'PRESAGE_NEURON_NAME',
      flag: '--name <text>',
      about: 'What the neuron calls itself on the leaderboard.',
      defaultText: 'none',
    }),
    tenant: setting(text(63), 'default', {
      env: 'PRESAGE_NEURON_TENANT',
      flag: '--neuron-tenant <name>',
      about: 'The tenant that the neuron predicts in.',
    }),
    joinCode: setting(optional(text(200)), null, {
      env: 'PRESAGE_NEURON_JOIN_CODE',
      about: 'Lets the neuron into its tenant, which `neuron.tenant` names.',
      defaultText: 'none',
      secret: true,
    }),
    streams: setting(listOf(100, 200), [], {
      env: 'PRESAGE_NEURON_STREAMS',
      flag: '--streams <names>',
      about: 'Names or uuids of the streams to predict, separated by commas.',
      defaultText: 'every stream',
    }),
    tags: setting(listOf(100, 200), [], {
      env: 'PRESAGE_NEURON_TAGS',
      flag: '--tags <tags>',
      about: 'Streams with one of these tags are predicted too, beside those that `neuron.streams` names.',
      defaultText: 'none',
    }),
    filters: setting(linesOf(32, 1_000), [], {
      env: 'PRESAGE_NEURON_FILTER',
      flag: '--filter <conditions>',
      about:
        'Conditions that every predicted stream meets, such as `stream.tags array-contains crypto`; several are joined by `;` or listed.',
      defaultText: 'none',
    }),
    horizons: setting(wholeNumbers(1, 64), [1], {
      env: 'PRESAGE_NEURON_HORIZONS',
      flag: '--horizons <steps>',
      about: 'Steps ahead to predict: 1 is the next observation.',
    }),
    quantiles: setting(fractions(99), [0.1, 0.25, 0.5, 0.75, 0.9], {
      env: 'PRESAGE_NEURON_QUANTILES',
      flag: '--quantiles <levels>',
      about: 'Levels of the quantiles that go with a prediction.',
    }),
    trainIntervalSeconds: setting(wholeNumber(0, 86_400), 600, {
      env: 'PRESAGE_NEURON_TRAIN_INTERVAL',
      flag: '--train-interval <seconds>',
      about: 'Seconds until a stream is trained again; 0 trains on every observation.',
    }),
    trainThreads: setting(wholeNumber(1, 64), 2, {
      env: 'PRESAGE_NEURON_TRAIN_THREADS',
      flag: '--train-threads <number>',
      about: 'Worker threads that train at most.',
    }),
    fitTimeoutSeconds: setting(wholeNumber(1, 3_600), 60, {
      env: 'PRESAGE_NEURON_FIT_TIMEOUT',
      about: 'Seconds after which the training of a stream is cut off, to be tried again later.',
    }),
    memoryMb: setting(wholeNumber(128, 1_048_576), 512, {
      env: 'PRESAGE_NEURON_MEMORY_MB',
      flag: '--memory-mb <megabytes>',
      about: 'Memory of the neuron, its worker threads included, in MB: bounds what a training may take.',
    }),
    uiPort: setting(wholeNumber(0, 65_535), 24_601, {
      env: 'PRESAGE_NEURON_UI_PORT',
      flag: '--ui-port <number>',
      about: 'TCP port on the loopback address where the neuron tells its state; 0 for none.',
    }),
    historyRows: setting(wholeNumber(10, 100_000), 5_000, {
      env: 'PRESAGE_NEURON_HISTORY_ROWS',
      about: 'Newest observations of a stream that its forecasts are made from.',
    }),
    retentionDays: setting(wholeNumber(0, 36_500), 0, {
      env: 'PRESAGE_NEURON_RETENTION_DAYS',
      about:
        'Days after which the neuron deletes its copies of observations and answered predictions; 0 keeps them.',
    }),
    vacuum: setting(trueOrFalse(), true, {
      env: 'PRESAGE_NEURON_VACUUM',
      about: 'Whether the space of deleted rows goes back to the disk.',
    }),
    maxStoreMb: setting(wholeNumber(0, 1_048_576), 0, {
      env: 'PRESAGE_NEURON_MAX_STORE_MB',
      about: 'Largest size of the neuron’s SQLite file, in MB; 0 for what the disk takes.',
    }),
    adapters: setting(someOf(ADAPTER_NAMES), [...ADAPTER_NAMES], {
      env: 'PRESAGE_NEURON_ADAPTERS',
      flag: '--adapters <names>',
      about: 'Forecasting methods that the neuron may use: each stream has what did best on it.',
    }),
  }),
  log: z.strictObject({
    level: setting(oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']), 'info', {
      env: 'PRESAGE_LOG_LEVEL',
      flag: '--log-level <level>',
      about: 'The least important log records to write.',
    }),
    format: setting(oneOf(['auto', 'pretty', 'json']), 'auto', {
      env: 'PRESAGE_LOG_FORMAT',
      flag: '--log-format <format>',
      about: 'How log records look; `auto` is pretty on a terminal and JSON otherwise.',
    }),
  }),
});

/** The settings as the schema has them, before what is left out is worked out from the rest. */
export type Settings = z.output<typeof configSchema>;
