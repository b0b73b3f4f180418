import { join } from 'node:path';
import Database from 'better-sqlite3';
import { PresageError } from '../../../schema/errors.ts';
import { makeDirectory } from '../../../schema/make-directory.ts';
import { MIGRATIONS } from './migrations.ts';

/** Name of the spool's file in the storage directory of a server instance. */
export const SPOOL_FILE = 'spool.db';

/** A spool's database, held by one writer at a time. */
export interface SpoolFile {
  readonly database: Database.Database;
  close(): void;
}

/**
 * Opens (or makes) the spool of a storage directory for writing. Whoever only reads opens the same file read-only and
 * disturbs nobody. Throws `CONFLICT` if another process writes it, `UNAVAILABLE` if it can't be used.
 */
export function openSpoolFile(directory: string): SpoolFile {
  const file = join(directory, SPOOL_FILE);
  const unlock = lock(directory);
  let database: Database.Database | undefined;
  try {
    database = new Database(file);
    // Space that is freed goes back to the disk, so that the file's size is what the bound is about. Before the first page.
    database.pragma('auto_vacuum = INCREMENTAL');
    database.pragma('journal_mode = WAL');
    // A commit survives any kill of the process; a power cut may take back the newest ones.
    database.pragma('synchronous = NORMAL');
    migrate(database);
    const opened = database;
    return {
      database: opened,
      close: () => {
        opened.close();
        unlock();
      },
    };
  } catch (error) {
    database?.close();
    unlock();
    if (error instanceof PresageError) throw error;
    throw unusable(file, error);
  }
}

/** An exclusive transaction on a file of its own: the operating system gives it up however the process ends. */
function lock(directory: string): () => void {
  const file = join(directory, 'spool.lock');
  let held: Database.Database | undefined;
  try {
    makeDirectory(directory);
    held = new Database(file, { timeout: 0 });
    held.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    held?.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new PresageError(
        'CONFLICT',
        `Another collector is running on "${directory}"; stop it, or give this one a directory of its own.`,
        { cause: error },
      );
    }
    throw unusable(file, error);
  }
  const opened = held;
  return () => void opened.close();
}

function migrate(database: Database.Database): void {
  const done = Number(database.pragma('user_version', { simple: true }));
  if (done > MIGRATIONS.length) {
    throw new PresageError(
      'UNAVAILABLE',
      `"${database.name}" has schema ${done}, this Presage knows up to ${MIGRATIONS.length}; run the newer Presage, or use another directory.`,
    );
  }
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < done) continue;
    database.transaction(() => {
      database.exec(sql);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}

function unusable(file: string, error: unknown): PresageError {
  const reason = error instanceof Error ? error.message : String(error);
  return new PresageError(
    'UNAVAILABLE',
    `"${file}" can't be written (${reason}); check that the directory is writable and its disk not full.`,
    { cause: error },
  );
}
