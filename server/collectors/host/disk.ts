import { statfs } from 'node:fs/promises';
import type { CollectorSource } from '../source.ts';
import { hostStream } from './host-stream.ts';
import { rounded } from './rounded.ts';

/** How full the file system of `path` is, in percent as `df` has it: of what is used or can still be. */
export function diskSource(intervalMs: number, path: string): CollectorSource {
  return {
    name: 'host_disk',
    streams: [
      hostStream(
        'host_disk_used_percent',
        'Used part of the disk with the data directory, percent',
        intervalMs,
        ['disk'],
      ),
    ],
    sample: async () => {
      const { blocks, bfree, bavail } = await statfs(path);
      const used = blocks - bfree;
      const usable = used + bavail;
      if (usable <= 0) return [];
      const value = rounded((used / usable) * 100, 4);
      return [{ stream: 'host_disk_used_percent', value, observedAt: Date.now() }];
    },
  };
}
