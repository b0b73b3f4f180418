import { z } from 'zod';
import { hostSources } from '../host/host.ts';
import { cadenceOf } from '../schedule.ts';
import { sourceKind } from './source-kind.ts';

/** The metrics of this machine: CPU, memory, disk, network, event loop, load. */
export const host = sourceKind({
  type: 'host',
  every: '2s',
  options: z.strictObject({ diskPath: z.string().min(1).default('.') }),
  open: ({ diskPath }, { schedule }) => hostSources({ intervalMs: cadenceOf(schedule) * 1_000, diskPath }),
});
