import { existsSync } from 'node:fs';
import { type CollectorsPlan, readCollectorsFile } from '../../server/collectors/config/collectors-file.ts';
import type { SpoolSettings } from '../../server/collectors/spool/spool.ts';
import type { Config } from '../config/config.ts';
import { environment } from '../config/environment.ts';

/** Read when no file is named and it is there. */
export const COLLECTORS_FILE = 'collectors.yaml';

/** What is to be collected beside the machine; `undefined` if no file says so. Throws `BAD_INPUT` that lists every problem. */
export function collectorsPlan({ collectors }: Config): CollectorsPlan | undefined {
  const file = collectors.file ?? (existsSync(COLLECTORS_FILE) ? COLLECTORS_FILE : undefined);
  return file === undefined ? undefined : readCollectorsFile(file, environment());
}

export function spoolSettings({ collectors }: Config, directory: string): SpoolSettings {
  return {
    directory,
    maxBytes: collectors.spoolMaxMb * 1_048_576,
    retentionMs: collectors.spoolRetentionHours * 3_600_000,
  };
}
