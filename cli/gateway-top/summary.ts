import type { Samples } from './samples.ts';

/** What `presage gateway top` shows. Rates are per second since the reading before; null without one. */
export interface Summary {
  readonly connections: Readonly<Record<string, number>>;
  readonly subscriptions: Readonly<Record<string, number>>;
  readonly cohorts: number | null;
  readonly bytesBuffered: number | null;
  readonly behind: { readonly intakePositions: number | null; readonly subscriberPositions: number | null };
  readonly perSecond: {
    readonly deliveries: number | null;
    readonly frames: number | null;
    readonly logEntries: number | null;
    readonly requests: number | null;
  };
  readonly totals: {
    readonly catchUpPages: number | null;
    readonly lagged: number | null;
    readonly heals: number | null;
  };
  /** Seconds, within the bounds that the server counts by. Since the reading before, or the server's start. */
  readonly matchSeconds: Quantiles;
  readonly deliveryDelaySeconds: Quantiles;
  readonly eventLoopDelaySeconds: number | null;
  readonly residentBytes: number | null;
  /** Reasons that have ever been counted. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Null without Redis. */
  readonly redisUp: boolean | null;
}

interface Quantiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

/** Makes the summary of a reading and the one before it. */
export function summarise(now: Samples, before: Samples | null): Summary {
  const rate = (name: string): number | null => {
    const [value, previous] = [now.sum(name), before?.sum(name) ?? null];
    if (value === null || previous === null || !before || now.at <= before.at) return null;
    // A server that was started again counts from 0.
    return (Math.max(0, value - previous) * 1_000) / (now.at - before.at);
  };
  const quantiles = (name: string): Quantiles => ({
    p50: quantile(name, 0.5, now, before),
    p99: quantile(name, 0.99, now, before),
  });
  const redis = now.sum('presage_redis_up');
  const refusals = Object.entries(now.by('presage_gateway_refusals_total', 'reason'));
  return {
    connections: now.by('presage_gateway_connections', 'transport'),
    subscriptions: now.by('presage_gateway_subscriptions', 'state'),
    cohorts: now.sum('presage_gateway_cohorts'),
    bytesBuffered: now.sum('presage_gateway_bytes_buffered'),
    behind: {
      intakePositions: now.sum('presage_gateway_intake_behind_positions'),
      subscriberPositions: now.sum('presage_gateway_subscriber_behind_positions'),
    },
    perSecond: {
      deliveries: rate('presage_gateway_deliveries_total'),
      frames: rate('presage_gateway_frames_total'),
      logEntries: rate('presage_log_entries_total'),
      requests: rate('presage_http_request_seconds_count'),
    },
    totals: {
      catchUpPages: now.sum('presage_gateway_catch_up_pages_total'),
      lagged: now.sum('presage_gateway_lagged_total'),
      heals: now.sum('presage_gateway_heals_total'),
    },
    matchSeconds: quantiles('presage_gateway_match_seconds'),
    deliveryDelaySeconds: quantiles('presage_gateway_delivery_delay_seconds'),
    eventLoopDelaySeconds: now.sum('nodejs_eventloop_lag_p99_seconds'),
    residentBytes: now.sum('process_resident_memory_bytes'),
    refusals: Object.fromEntries(refusals.filter(([, count]) => count > 0)),
    redisUp: redis === null ? null : redis === 1,
  };
}

/** Interpolated inside its bucket, as Prometheus' histogram_quantile does; the last bound where it is past all. */
function quantile(name: string, share: number, now: Samples, before: Samples | null): number | null {
  const earlier = new Map(before?.buckets(name).map(({ bound, count }) => [bound, count]));
  const buckets = now
    .buckets(name)
    .map(({ bound, count }) => ({ bound, count: count - (earlier.get(bound) ?? 0) }));
  const total = buckets.at(-1)?.count ?? 0;
  if (total <= 0) return null;
  const rank = share * total;
  const at = buckets.findIndex(({ count }) => count >= rank);
  const bucket = buckets[at];
  const [low, below] = [buckets[at - 1]?.bound ?? 0, buckets[at - 1]?.count ?? 0];
  if (!bucket || bucket.bound === Number.POSITIVE_INFINITY) return low;
  return low + ((bucket.bound - low) * (rank - below)) / (bucket.count - below);
}
