import type { CollectorSource } from '../source.ts';
import { cpuSource } from './cpu.ts';
import { diskSource } from './disk.ts';
import { eventLoopSource } from './event-loop.ts';
import { loadSource } from './load.ts';
import { memorySource } from './memory.ts';
import { networkSource } from './network.ts';

export interface HostOptions {
  /** How often the sources will be sampled: the cadence of their streams, in ms. */
  readonly intervalMs: number;
  /** The disk that holds this path is watched. */
  readonly diskPath: string;
}

/** What every machine can tell of itself; what this one can't is left out. At least five streams. */
export function hostSources({ intervalMs, diskPath }: HostOptions): readonly CollectorSource[] {
  return [
    cpuSource(intervalMs),
    memorySource(intervalMs),
    diskSource(intervalMs, diskPath),
    networkSource(intervalMs),
    eventLoopSource(intervalMs),
    loadSource(intervalMs),
  ].filter((source) => source !== undefined);
}
