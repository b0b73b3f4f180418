import { freemem, totalmem } from 'node:os';
import type { CollectorSource } from '../source.ts';
import { hostStream } from './host-stream.ts';

/** Memory in use, in bytes: what is neither free nor given back on demand. */
export function memorySource(intervalMs: number): CollectorSource {
  return {
    name: 'host_memory',
    streams: [hostStream('host_memory_used_bytes', 'Memory in use, bytes', intervalMs, ['memory'])],
    sample: async () => [
      { stream: 'host_memory_used_bytes', value: totalmem() - freemem(), observedAt: Date.now() },
    ],
  };
}
