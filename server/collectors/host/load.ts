import { loadavg } from 'node:os';
import type { CollectorSource } from '../source.ts';
import { hostStream } from './host-stream.ts';
import { rounded } from './rounded.ts';

/** The load average of the last minute; `undefined` on Windows, which has none. */
export function loadSource(intervalMs: number): CollectorSource | undefined {
  if (process.platform === 'win32') return undefined;
  return {
    name: 'host_load',
    streams: [hostStream('host_load_average', 'Load average of the last minute', intervalMs, ['cpu'])],
    sample: async () => [
      { stream: 'host_load_average', value: rounded(loadavg()[0] ?? 0, 2), observedAt: Date.now() },
    ],
  };
}
