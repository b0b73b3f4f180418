import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { makeDirectory } from '../../schema/make-directory.ts';
import { StorageError } from './errors.ts';

/** The directory a server keeps everything in, held by one process at a time. */
export interface DataDirectory {
  readonly path: string;
  release(): void;
}

/**
 * Makes the directory if it is missing and takes its lock. The lock is SQLite's on `presage.lock`, which is the
 * operating system's: it goes with the process however that ends, so it never has to be cleaned up.
 */
export function openDataDirectory(path: string): DataDirectory {
  const directory = resolve(path);
  const lock = openLock(directory);
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw new StorageError(
      `The data directory ${directory} is in use by another Presage server; stop that one, or choose another with PRESAGE_DATA_DIR.`,
      { cause: error },
    );
  }
  return { path: directory, release: () => lock.close() };
}

function openLock(directory: string): Database.Database {
  try {
    makeDirectory(directory, 0o755);
    return new Database(join(directory, 'presage.lock'), { timeout: 0 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StorageError(
      `The data directory ${directory} can't be written (${reason}); choose another with PRESAGE_DATA_DIR, or give this user write access.`,
      { cause: error },
    );
  }
}
