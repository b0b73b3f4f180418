import type { IncomingMessage, ServerResponse } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Gateway } from '../../gateway/gateway.ts';
import type { Meters } from '../../gateway/ports.ts';
import type { StreamerWorker } from '../../gateway/streamer/worker/streamer-worker.ts';
import type { LogEntry } from '../../schema/log-entry.ts';
import type { LineageStats } from '../../server/domain/lineage/stats.ts';
import { version } from '../version.ts';
import { type MetricsAccess, metricsEndpoint } from './endpoint.ts';
import { gatewayMeters, watchGateway, watchRedis } from './gateway-metrics.ts';
import { watchRequests } from './http-metrics.ts';
import { watchLineage } from './lineage-metrics.ts';
import { watchStreamer } from './streamer-metrics.ts';

/**
 * Everything that `/metrics` tells: Node's own (event loop delay, memory, garbage collection), HTTP, the log, the
 * gateway. No series names a tenant, peer, stream or address: what somebody else does is nobody's business, and the
 * number of series stays what it is.
 */
export class Metrics {
  readonly meters: Meters;
  /** Told every request, before it is answered. */
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  readonly #registry = new Registry();
  readonly #entries: Counter<'topic' | 'type'>;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.meters = gatewayMeters(this.#registry);
    this.onRequest = watchRequests(this.#registry);
    this.#entries = new Counter({
      name: 'presage_log_entries_total',
      help: 'Entries that this process wrote to logs: observations taken in, predictions, scores, consensus, streams.',
      labelNames: ['topic', 'type'],
      registers,
    });
    new Gauge({
      name: 'presage_build_info',
      help: 'The version that runs.',
      labelNames: ['version'],
      registers,
    }).set({ version: version() }, 1);
  }

  /** Told what was committed. */
  readonly onCommit = (_tenant: string, entries: readonly LogEntry[]): void => {
    // A commit is mostly of one kind, and a counter takes longer to find than an entry to count.
    let [first] = entries;
    let count = 0;
    for (const entry of entries) {
      if (first && (entry.topic !== first.topic || entry.type !== first.type)) {
        this.#entries.inc({ topic: first.topic, type: first.type }, count);
        first = entry;
        count = 0;
      }
      count += 1;
    }
    if (first) this.#entries.inc({ topic: first.topic, type: first.type }, count);
  };

  watchGateway(gateway: Pick<Gateway, 'stats'>): void {
    watchGateway(this.#registry, gateway);
  }

  /** Of processes that match for gateways. */
  watchStreamer(streamer: Pick<StreamerWorker, 'stats'>): void {
    watchStreamer(this.#registry, streamer);
  }

  watchLineage(stats: () => Promise<LineageStats>): void {
    watchLineage(this.#registry, stats);
  }

  /** Of installations with Redis. */
  watchRedis(isUp: () => boolean): void {
    watchRedis(this.#registry, isUp);
  }

  /** Answers `GET /metrics`; false for other paths. */
  endpoint(access: MetricsAccess, onFailure: (error: unknown) => void) {
    return metricsEndpoint(this.#registry, access, onFailure);
  }
}
