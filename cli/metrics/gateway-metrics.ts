import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Gateway } from '../../gateway/gateway.ts';
import type { Meters } from '../../gateway/ports.ts';
import type { FeedKind, GatewayStats } from '../../gateway/stats.ts';

/** Seconds: from a microsecond, which a match takes, to seconds, which a delivery takes that had to wait. */
const MATCH_BUCKETS = [1e-6, 5e-6, 1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 1e-1];
const DELAY_BUCKETS = [1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1, 2.5e-1, 5e-1, 1, 2.5, 10, 60];

/** What the gateway measures while it happens. */
export function gatewayMeters(registry: Registry): Meters {
  const match = new Histogram({
    name: 'presage_gateway_match_seconds',
    help: 'Time to find the subscriptions that an entry is something to.',
    buckets: MATCH_BUCKETS,
    registers: [registry],
  });
  const delay = new Histogram({
    name: 'presage_gateway_delivery_delay_seconds',
    help: 'Time from the commit of an entry to its live delivery.',
    buckets: DELAY_BUCKETS,
    registers: [registry],
  });
  return {
    matched: (seconds) => match.observe(seconds),
    delivered: (seconds) => delay.observe(Math.max(0, seconds)),
  };
}

const FEEDS: readonly FeedKind[] = ['in-process', 'redis', 'polling'];

interface Reading {
  readonly name: string;
  readonly help: string;
  readonly read: (stats: GatewayStats) => number;
}

const GAUGES: readonly Reading[] = [
  { name: 'cohorts', help: 'Groups of subscriptions that share payloads.', read: ({ cohorts }) => cohorts },
  {
    name: 'bytes_buffered',
    help: 'Bytes that wait to be written, over all connections.',
    read: ({ bytesBuffered }) => bytesBuffered,
  },
  {
    name: 'intake_behind_positions',
    help: 'How far the tenant that is furthest behind is behind the newest position known of its log.',
    read: ({ intakeBehind }) => intakeBehind,
  },
  {
    name: 'subscriber_behind_positions',
    help: 'How far the subscription that is furthest behind is behind live.',
    read: ({ subscriberBehind }) => subscriberBehind,
  },
];

const COUNTERS: readonly Reading[] = [
  { name: 'deliveries', help: 'Entries delivered to subscriptions.', read: ({ deliveries }) => deliveries },
  {
    name: 'executions',
    help: 'Runs of a selection over an event by the executor.',
    read: ({ executions }) => executions,
  },
  {
    name: 'projections',
    help: 'Payloads made by a compiled selection.',
    read: ({ projections }) => projections,
  },
  { name: 'frames', help: 'Frames written for events.', read: ({ frames }) => frames },
  { name: 'catch_up_pages', help: 'Pages read to catch up.', read: ({ catchUpPages }) => catchUpPages },
  { name: 'lagged', help: 'Times a subscription left live as it was behind.', read: ({ lagged }) => lagged },
  {
    name: 'resyncs',
    help: 'Times a live subscription went back to the log since its source changed or lost track.',
    read: ({ resyncs }) => resyncs,
  },
  { name: 'heals', help: 'Holes filled from the log.', read: ({ heals }) => heals },
];

/** What a gateway is doing, read when somebody asks. Nothing here names a tenant, peer or stream. */
export function watchGateway(registry: Registry, gateway: Pick<Gateway, 'stats'>): void {
  const registers = [registry];
  const stats = onceAReading(() => gateway.stats());
  for (const { name, help, read } of GAUGES) {
    gauge(registry, { name: `presage_gateway_${name}`, help }, () => [[{}, read(stats())]]);
  }
  for (const { name, help, read } of COUNTERS) {
    new Counter({
      name: `presage_gateway_${name}_total`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(stats()));
      },
    });
  }
  gauge(
    registry,
    { name: 'presage_gateway_connections', help: 'Open connections.', labelNames: ['transport'] },
    () => Object.entries(stats().connectionsByTransport).map(([transport, count]) => [{ transport }, count]),
  );
  gauge(
    registry,
    { name: 'presage_gateway_subscriptions', help: 'Subscriptions.', labelNames: ['state'] },
    () => {
      const { subscriptions, live, lagging } = stats();
      return [
        [{ state: 'live' }, live],
        [{ state: 'lagging' }, lagging],
        [{ state: 'catching-up' }, Math.max(0, subscriptions - live - lagging)],
      ];
    },
  );
  gauge(
    registry,
    { name: 'presage_gateway_feed', help: 'Where subscriptions are fed from: 1.', labelNames: ['from'] },
    () => FEEDS.map((from) => [{ from }, from === gateway.stats().feed ? 1 : 0]),
  );
  new Counter({
    name: 'presage_gateway_refusals_total',
    help: 'Clients refused or closed, by reason.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(stats().refusals)) this.inc({ reason }, count);
    },
  });
}

/** What is counted over all connections is counted once for all metrics of a reading. */
function onceAReading(read: () => GatewayStats): () => GatewayStats {
  let kept: GatewayStats | null = null;
  return () => {
    if (kept) return kept;
    setImmediate(() => {
      kept = null;
    });
    kept = read();
    return kept;
  };
}

/** Whether Redis answers: 1, or 0 while gateways poll Postgres instead. */
export function watchRedis(registry: Registry, isUp: () => boolean): void {
  const facts = {
    name: 'presage_redis_up',
    help: 'Whether Redis answers; without it gateways poll Postgres.',
  };
  gauge(registry, facts, () => [[{}, isUp() ? 1 : 0]]);
}

interface GaugeFacts {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: string[];
}

function gauge(
  registry: Registry,
  facts: GaugeFacts,
  read: () => [labels: Record<string, string>, value: number][],
): void {
  new Gauge({
    ...facts,
    registers: [registry],
    collect() {
      for (const [labels, value] of read()) this.set(labels, value);
    },
  });
}
