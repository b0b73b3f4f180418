import { noRefusals, type Refusals } from './refusals.ts';
import type { Transport } from './transports/connections.ts';

/** Counters that only grow, since the gateway was made. */
export interface Counters {
  /** Holes in the entries' order that were filled from the log. */
  heals: number;
  /** (entry, event type) pairs that the streamer found subscriptions for. */
  deliveries: number;
  /** Runs of a selection over an event by the executor. */
  executions: number;
  /** Payloads made by a compiled selection, without the executor. */
  projections: number;
  /** Frames written for events. */
  frames: number;
  /** Pages read to catch subscriptions up. */
  catchUpPages: number;
  /** Times a subscription left live because its connection or cohort was behind. */
  lagged: number;
  /** Times a live subscription went back to the log because its source lost track, or another took its place. */
  resyncs: number;
  /** Connections closed because their client took nothing. */
  stalled: number;
  /** Clients refused or closed. */
  readonly refusals: Refusals;
}

export type FeedKind = 'in-process' | 'redis' | 'polling';

/** What a gateway is doing now, with its counters. */
export interface GatewayStats extends Readonly<Counters> {
  readonly connections: number;
  readonly connectionsByTransport: Readonly<Record<Transport, number>>;
  readonly subscriptions: number;
  /** Subscriptions that are fed by the streamer, not from the log. */
  readonly live: number;
  /** Subscriptions that left live and have not caught up. */
  readonly lagging: number;
  readonly cohorts: number;
  /**
   * Where live subscriptions are fed from: a streamer in this process, streamers over Redis, or, while Redis or every
   * streamer is away, the log itself at the pace of `RedisSettings.pollMs`.
   */
  readonly feed: FeedKind;
  /** Positions from what was delivered to the newest one known, of the tenant that is furthest behind. */
  readonly intakeBehind: number;
  /** Positions from what was sent to live, of the subscription that is furthest behind. */
  readonly subscriberBehind: number;
  /** Waiting to be written, over all connections. */
  readonly bytesBuffered: number;
}

export function newCounters(): Counters {
  const counts = {
    heals: 0,
    deliveries: 0,
    executions: 0,
    projections: 0,
    frames: 0,
    catchUpPages: 0,
    lagged: 0,
    resyncs: 0,
    stalled: 0,
  };
  return { ...counts, refusals: noRefusals() };
}
