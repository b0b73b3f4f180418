/** How a gateway behaves. Times are milliseconds, sizes bytes. */
export interface GatewaySettings {
  /** A socket that has not sent `connection_init` by then is closed. @default 10_000 */
  readonly connectionInitTimeoutMs: number;
  /** What may wait to be written to one connection before its subscriptions leave live. @default 1_048_576 */
  readonly byteBudget: number;
  /** What may wait for all connections of the process; the nearer it is, the less for each. @default 268_435_456 */
  readonly totalByteBudget: number;
  /** Entries read from the log at once, to catch up or to heal a hole. @default 500 */
  readonly catchUpPage: number;
  /** Reads of the log under way at once for subscriptions that catch up. @default 8 */
  readonly concurrentReads: number;
  /** Newest entries of a tenant kept in memory, for who catches up to join from. @default 1_000 */
  readonly recentEntries: number;
  /** Pause before a failed read of the log is tried again. @default 500 */
  readonly retryMs: number;
  /** Pace at which the log's head is asked for while there are subscriptions. @default 1_000 */
  readonly headPollMs: number;
  /** Events that may wait in a cohort for their payloads before its members leave live. @default 1_000 */
  readonly cohortBacklog: number;
  /** Rendered payloads kept for the members of a cohort that come by later. @default 8_388_608 */
  readonly payloadCacheBytes: number;
  /** Conditions that a filter may come to once its `and`, `or` and `not` are written out as alternatives. @default 512 */
  readonly maxFilterConditions: number;
  /** Operations (queries and mutations included) that one connection may have at once. @default 1_000 */
  readonly maxSubscriptionsPerConnection: number;
  /** Characters that messages, but short ones, of one connection's operations under way may have. @default 2_097_152 */
  readonly maxOperationCharacters: number;
  /** Cost of the different selections of one connection that are executed for each event. @default 2_000 */
  readonly maxExecutedCost: number;
  /** The same of all connections from one address. @default 5_000 */
  readonly maxExecutedCostPerAddress: number;
  /** A longer message closes the socket; a longer body of `/graphql/stream` is refused. @default 262_144 */
  readonly maxMessageBytes: number;
  /** Connections from one address, over all transports. @default 10_000 */
  readonly maxConnectionsPerAddress: number;
  /** Messages a second that a client may send over a WebSocket, on average over ten seconds. @default 200 */
  readonly maxMessagesPerSecond: number;
  /** A WebSocket that has had no operation for so long is closed. @default 600_000 */
  readonly idleTimeoutMs: number;
  /** Clients that are told to go are told to come again after a random time of at most so much. @default 5_000 */
  readonly reconnectJitterMs: number;
  /** A client that takes nothing, or says nothing when pinged, for so long is closed. @default 30_000 */
  readonly stalledAfterMs: number;
  /** Pace of the server's pings. @default 12_000 */
  readonly pingIntervalMs: number;
  /** How long a closing socket may take to flush before it is cut. @default 2_000 */
  readonly closeGraceMs: number;
}

const DEFAULTS: GatewaySettings = {
  connectionInitTimeoutMs: 10_000,
  byteBudget: 1_048_576,
  totalByteBudget: 268_435_456,
  catchUpPage: 500,
  recentEntries: 1_000,
  concurrentReads: 8,
  retryMs: 500,
  headPollMs: 1_000,
  cohortBacklog: 1_000,
  payloadCacheBytes: 8_388_608,
  maxFilterConditions: 512,
  maxSubscriptionsPerConnection: 1_000,
  maxOperationCharacters: 2_097_152,
  maxExecutedCost: 2_000,
  maxExecutedCostPerAddress: 5_000,
  maxMessageBytes: 262_144,
  maxConnectionsPerAddress: 10_000,
  maxMessagesPerSecond: 200,
  idleTimeoutMs: 600_000,
  reconnectJitterMs: 5_000,
  stalledAfterMs: 30_000,
  pingIntervalMs: 12_000,
  closeGraceMs: 2_000,
};

/** The defaults with some settings replaced, frozen. Values are checked where the process's config is parsed. */
export function gatewaySettings(given: Partial<GatewaySettings> = {}): GatewaySettings {
  return Object.freeze({ ...DEFAULTS, ...given });
}
