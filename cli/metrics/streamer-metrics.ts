import { Counter, Gauge, type Registry } from 'prom-client';
import type { StreamerStats, StreamerWorker } from '../../gateway/streamer/worker/streamer-worker.ts';

interface Reading {
  readonly name: string;
  readonly help: string;
  readonly read: (stats: StreamerStats) => number;
}

const GAUGES: readonly Reading[] = [
  { name: 'gateways', help: 'Gateways that this streamer works for.', read: ({ gateways }) => gateways },
  { name: 'filters', help: 'Distinct filters that it matches.', read: ({ registered }) => registered },
];
const COUNTERS: readonly Reading[] = [
  { name: 'deliveries', help: 'Entries delivered to gateways.', read: ({ deliveries }) => deliveries },
  { name: 'heals', help: 'Holes filled from the log.', read: ({ heals }) => heals },
];

/** What a streamer is doing, read when somebody asks. */
export function watchStreamer(registry: Registry, streamer: Pick<StreamerWorker, 'stats'>): void {
  const registers = [registry];
  for (const { name, help, read } of GAUGES) {
    new Gauge({
      name: `presage_streamer_${name}`,
      help,
      registers,
      collect() {
        this.set(read(streamer.stats()));
      },
    });
  }
  for (const { name, help, read } of COUNTERS) {
    new Counter({
      name: `presage_streamer_${name}_total`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(streamer.stats()));
      },
    });
  }
}
