import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../server/storage/database.ts';
import { startTestPostgres } from './postgres.ts';

const QUIET = { info: () => undefined, warn: () => undefined };

/** A real, migrated PostgreSQL of a test's own, gone when it closes. */
export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  close(): Promise<void>;
}

export async function openTestDatabase(): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'presage-test-'));
  const postgres = await startTestPostgres(directory);
  const database = await openDatabase(postgres.url, 10, QUIET);
  return {
    url: postgres.url,
    database,
    close: async () => {
      await database.close();
      await postgres.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
