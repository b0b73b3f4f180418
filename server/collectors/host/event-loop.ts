import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { CollectorSource } from '../source.ts';
import { hostStream } from './host-stream.ts';
import { rounded } from './rounded.ts';

/** How often the delay is measured, in ms. */
const RESOLUTION_MS = 10;

/** How late the server's own timers run: 99th percentile since the last sample, in ms. */
export function eventLoopSource(intervalMs: number): CollectorSource {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return {
    name: 'host_event_loop',
    streams: [
      hostStream(
        'host_event_loop_delay_p99_ms',
        '99th percentile of the server’s event-loop delay, ms',
        intervalMs,
        ['event-loop'],
      ),
    ],
    sample: async () => {
      if (histogram.count === 0) return [];
      // The histogram holds whole periods of its timer, in ns; only what is over the resolution is delay.
      const delay = Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION_MS);
      histogram.reset();
      return [{ stream: 'host_event_loop_delay_p99_ms', value: rounded(delay, 3), observedAt: Date.now() }];
    },
    close: () => {
      histogram.disable();
    },
  };
}
