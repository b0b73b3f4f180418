import { z } from 'zod';
import { wholeNumber } from '../kinds.ts';
import { setting } from '../setting.ts';

/** What realtime clients may take, and how long they may. */
export const gateway = z.strictObject({
  byteBudget: setting(wholeNumber(16_384, 1_073_741_824), 1_048_576, {
    env: 'PRESAGE_BYTE_BUDGET',
    about: 'Bytes that may wait for one slow client before it is fed from the database at its own pace.',
  }),
  totalByteBudget: setting(wholeNumber(1_048_576, 1_099_511_627_776), 268_435_456, {
    env: 'PRESAGE_TOTAL_BYTE_BUDGET',
    about:
      'Bytes that may wait for all clients of the process together: each may have a sixteenth of what is left of it, and 16 KiB in any case.',
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
  maxExecutedCost: setting(wholeNumber(40, 10_000_000), 2_000, {
    env: 'PRESAGE_MAX_EXECUTED_COST',
    about:
      'Most that the different selections of one connection may cost which ask for more than an event carries, and so are executed for each event: what `PRESAGE_MAX_COMPLEXITY` counts, 40 at least for each selection. An event takes the server about 2 µs for each.',
  }),
  maxExecutedCostPerAddress: setting(wholeNumber(40, 100_000_000), 5_000, {
    env: 'PRESAGE_MAX_EXECUTED_COST_PER_ADDRESS',
    about: 'The same for all connections from one address.',
  }),
  maxOperationCharacters: setting(wholeNumber(1_024, 1_073_741_824), 2_097_152, {
    env: 'PRESAGE_MAX_OPERATION_CHARACTERS',
    about:
      'Most characters that the `subscribe` messages of one connection’s operations under way may have, those of up to 1,000 not counted; what is kept of them takes up to a hundred times as many bytes.',
  }),
});
