import { resolve } from 'node:path';
import pg from 'pg';
import type { StorageLogger } from './database.ts';
import { settingsOf } from './database-url.ts';
import { runningPostgres } from './embedded-postgres.ts';
import { beginSession } from './session.ts';
import { openStorage, type StorageSettings } from './storage.ts';

/** A database for a program that only reads, beside whoever else uses it. */
export interface Reading {
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

const CONNECTIONS = 2;

/**
 * Opens the database that a server keeps. One that runs in the data directory is shared with the server that runs it;
 * one that does not is started, and stopped again. Throws `StorageError`.
 */
export async function openForReading(
  { dataDir, databaseUrl }: Pick<StorageSettings, 'dataDir' | 'databaseUrl'>,
  logger: StorageLogger,
): Promise<Reading> {
  const url = databaseUrl ?? (await runningPostgres(resolve(dataDir)));
  if (url === undefined) {
    const storage = await openStorage({ dataDir, poolSize: CONNECTIONS }, logger);
    return { pool: storage.database.pool, close: () => storage.close() };
  }
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    application_name: 'presage audit',
    onConnect: (client) => beginSession(client, settingsOf(url)),
  });
  pool.on('error', (error) => logger.warn({ err: error }, 'a database connection broke'));
  return { pool, close: () => pool.end() };
}
