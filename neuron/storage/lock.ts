import { join } from 'node:path';
import Database from 'better-sqlite3';
import { NeuronError } from '../errors.ts';

/** How long the lock is waited for, ms: `isLocked` has it for a moment, too. */
const LOCK_TIMEOUT_MS = 100;

/**
 * Keeps a data directory to one neuron. An exclusive SQLite transaction on a file of its own is the lock: the
 * operating system gives it up when the process dies, however it dies, so there are no stale locks; and `neuron.db`
 * itself stays readable for others. Returns what releases it. Throws `DATA_DIR_IN_USE`, `DATA_DIR_UNUSABLE`.
 */
export function lockDataDir(dataDir: string): () => void {
  const file = join(dataDir, 'neuron.lock');
  let lock: Database.Database | undefined;
  try {
    lock = new Database(file, { timeout: LOCK_TIMEOUT_MS });
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new NeuronError(
        'DATA_DIR_IN_USE',
        `Another neuron is running on "${dataDir}"; stop it, or give this one a data directory of its own.`,
        { cause: error },
      );
    }
    throw new NeuronError(
      'DATA_DIR_UNUSABLE',
      `"${file}" can't be written; check that the directory is writable and its disk not full.`,
      { cause: error },
    );
  }
  const held = lock;
  return () => {
    held.close();
  };
}

/** Whether a neuron is running on a data directory. */
export function isLocked(dataDir: string): boolean {
  let lock: Database.Database | undefined;
  try {
    lock = new Database(join(dataDir, 'neuron.lock'), { readonly: true, fileMustExist: true, timeout: 0 });
    lock.pragma('schema_version');
    return false;
  } catch (error) {
    return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
  } finally {
    lock?.close();
  }
}
