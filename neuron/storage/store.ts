import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { NeuronError } from '../errors.ts';
import { lockDataDir } from './lock.ts';
import { migrate } from './migrations.ts';
import { type ObservationRows, observationRows } from './observation-rows.ts';
import { type PredictionRows, predictionRows } from './prediction-rows.ts';
import { type StateRows, stateRows } from './state-rows.ts';
import { type StreamRows, streamRows } from './stream-rows.ts';

/** All that a neuron keeps, in one SQLite file. */
export interface Store {
  readonly streams: StreamRows;
  readonly observations: ObservationRows;
  readonly predictions: PredictionRows;
  readonly state: StateRows;
  /** Runs `work` in one transaction: all of it is stored, or nothing. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/**
 * Opens (or makes) the store of a data directory and keeps the directory to this process until `close`.
 * Throws `DATA_DIR_UNUSABLE`, `DATA_DIR_IN_USE`, `STORE_TOO_NEW`.
 */
export function openStore(dataDir: string): Store {
  makeDirectory(dataDir);
  const unlock = lockDataDir(dataDir);
  let database: Database.Database | undefined;
  try {
    database = new Database(join(dataDir, 'neuron.db'));
    database.pragma('journal_mode = WAL');
    // A commit survives any kill of the process. A power cut may take the newest ones back, all that follows from
    // each of them included, so the log is resumed earlier; only the outbox insists on the disk (see `put`).
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    migrate(database);
  } catch (error) {
    database?.close();
    unlock();
    if (error instanceof NeuronError) throw error;
    throw new NeuronError(
      'DATA_DIR_UNUSABLE',
      `"${join(dataDir, 'neuron.db')}" can't be opened as a neuron's store; restore it, or use another data directory.`,
      { cause: error },
    );
  }
  return storeOf(database, unlock);
}

function makeDirectory(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw new NeuronError(
      'DATA_DIR_UNUSABLE',
      `"${dataDir}" can't be made a directory; choose a data directory that you may write to.`,
      { cause: error },
    );
  }
}

function storeOf(database: Database.Database, unlock: () => void): Store {
  return {
    streams: streamRows(database),
    observations: observationRows(database),
    predictions: predictionRows(database),
    state: stateRows(database),
    transaction: (work) => database.transaction(work)(),
    close: () => {
      database.close();
      unlock();
    },
  };
}
