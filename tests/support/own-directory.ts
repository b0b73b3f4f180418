import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * All that a run of the tests puts into the system's directory for temporary files, its programs' files too, is below one
 * of its own, which is gone with it: a test need not look after what it left.
 */
export async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'presage-tests-'));
  process.env.TMPDIR = directory;
  return () => rm(directory, { recursive: true, force: true, maxRetries: 3 });
}
