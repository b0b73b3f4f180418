import { type CpuInfo, cpus } from 'node:os';
import type { NewStream } from '../../domain/stream/streams.ts';
import type { CollectorSource, Sample } from '../source.ts';
import { hostStream } from './host-stream.ts';
import { rounded } from './rounded.ts';

/** Time that a core spent since boot, in ms. */
export interface CoreTimes {
  readonly busy: number;
  readonly total: number;
}

/** CPU load, all cores together and each: the busy part of the time since the last sample, in percent. */
export function cpuSource(intervalMs: number, read = readCores): CollectorSource {
  let before = read();
  return {
    name: 'host_cpu',
    streams: [
      cpuStream('host_cpu_percent', 'CPU load of all cores, percent', intervalMs),
      ...before.map((_, core) =>
        cpuStream(`host_cpu${core}_percent`, `CPU load of core ${core}, percent`, intervalMs),
      ),
    ],
    sample: async () => {
      const now = read();
      const observedAt = Date.now();
      const samples: Sample[] = [];
      const add = (stream: string, load: number | undefined) => {
        if (load !== undefined) samples.push({ stream, value: load, observedAt });
      };
      add('host_cpu_percent', loadBetween(sum(before), sum(now)));
      // Cores that come and go while we run (hot plugging) are left out of the sample, not guessed.
      before.forEach((core, index) => {
        add(`host_cpu${index}_percent`, loadBetween(core, now[index]));
      });
      before = now;
      return samples;
    },
  };
}

function cpuStream(name: string, description: string, intervalMs: number): NewStream {
  return hostStream(name, description, intervalMs, ['cpu']);
}

function readCores(): readonly CoreTimes[] {
  return cpus().map(({ times }: CpuInfo) => {
    const busy = times.user + times.nice + times.sys + times.irq;
    return { busy, total: busy + times.idle };
  });
}

function sum(cores: readonly CoreTimes[]): CoreTimes {
  return cores.reduce((all, core) => ({ busy: all.busy + core.busy, total: all.total + core.total }), {
    busy: 0,
    total: 0,
  });
}

/** `undefined` if no tick has passed, or the counters went backwards. */
function loadBetween(before: CoreTimes, now: CoreTimes | undefined): number | undefined {
  if (!now || now.total <= before.total) return undefined;
  const share = (now.busy - before.busy) / (now.total - before.total);
  return rounded(Math.min(1, Math.max(0, share)) * 100, 2);
}
