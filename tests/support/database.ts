import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../server/storage/database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../server/storage/embedded-postgres.ts';
import { findPostmaster } from '../../server/storage/postmaster.ts';
import { endWithUs } from './end-with-us.ts';

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

/** The PostgreSQL of a directory, for as long as this process lives. */
export async function startTestPostgres(directory: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres(directory);
  const postmaster = await findPostmaster(join(directory, 'postgres'));
  const letGo = postmaster ? endWithUs(postmaster.pid, 'QUIT') : () => undefined;
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop();
      letGo();
    },
  };
}
