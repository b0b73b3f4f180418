import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../server/storage/database.ts';
import { startEmbeddedPostgres } from '../../server/storage/embedded-postgres.ts';

const QUIET = { info: () => undefined, warn: () => undefined };

/** Runs `measure` on a fresh PostgreSQL that is gone afterwards. */
export async function withDatabase(measure: (database: Database) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'presage-bench-'));
  const postgres = await startEmbeddedPostgres(directory);
  const database = await openDatabase(postgres.url, 8, QUIET);
  try {
    await measure(database);
  } finally {
    await database.close();
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
