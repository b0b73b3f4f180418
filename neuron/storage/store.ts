import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { makeDirectory } from '../../schema/make-directory.ts';
import { messageOf, NeuronError, storeTrouble } from '../errors.ts';
import { type ImportRows, importRows } from './import-rows.ts';
import { lockDataDir } from './lock.ts';
import { migrate } from './migrations.ts';
import { type ObservationRows, observationRows } from './observation-rows.ts';
import { type PredictionRows, predictionRows } from './prediction-rows.ts';
import { type ReportRows, reportRows } from './report-rows.ts';
import { type RetentionRows, retentionRows } from './retention-rows.ts';
import { type StateRows, stateRows } from './state-rows.ts';
import { type StreamRows, streamRows } from './stream-rows.ts';

/** How long a lock of somebody else is waited for, ms: at the start, and while the event loop has to go on. */
const OPEN_TIMEOUT_MS = 5_000;
const BUSY_TIMEOUT_MS = 5;
/** The log is copied into the file when it has so many pages: a moment's work each time, where 1,000 stop everything. */
const CHECKPOINT_PAGES = 250;
/** As many pages as SQLite can have at all. */
const MOST_PAGES = 4_294_967_294;

/** All that a neuron keeps, in one SQLite file. */
export interface Store {
  readonly streams: StreamRows;
  readonly observations: ObservationRows;
  readonly predictions: PredictionRows;
  readonly state: StateRows;
  readonly imports: ImportRows;
  readonly retention: RetentionRows;
  readonly reports: ReportRows;
  /** Runs `work` in one transaction: all of it is stored, or nothing. */
  transaction<T>(work: () => T): T;
  /** What kept the last write from happening, null if nothing did. */
  readonly trouble: string | null;
  /** Bounds the size of the file, in MB; 0 for what the disk takes. */
  limit(megabytes: number): void;
  /** Bytes of the file, and how many of them are free for new rows. */
  size(): { readonly bytes: number; readonly freeBytes: number };
  close(): void;
}

/**
 * Opens (or makes) the store of a data directory and keeps the directory to this process until `close`.
 * Throws `DATA_DIR_UNUSABLE`, `DATA_DIR_IN_USE`, `STORE_TOO_NEW`.
 */
export function openStore(dataDir: string, { maxStoreMb = 0 }: { readonly maxStoreMb?: number } = {}): Store {
  makeDataDir(dataDir);
  const unlock = lockDataDir(dataDir);
  let database: Database.Database | undefined;
  try {
    database = new Database(join(dataDir, 'neuron.db'), { timeout: OPEN_TIMEOUT_MS });
    // Has its effect before the first table is made.
    database.pragma('auto_vacuum = INCREMENTAL');
    database.pragma('journal_mode = WAL');
    // A commit survives any kill of the process. A power cut may take the newest ones back, all that follows from
    // each of them included, so the log is resumed earlier; only the outbox insists on the disk (see `put`).
    database.pragma('synchronous = NORMAL');
    database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    database.pragma('foreign_keys = ON');
    migrate(database);
    database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
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
  const store = storeOf(database, unlock);
  store.limit(maxStoreMb);
  return store;
}

/**
 * Opens the store of a data directory for looking only, whether a neuron runs on it or not. Throws
 * `DATA_DIR_UNUSABLE` if there is none, or of another version.
 */
export function readStore(dataDir: string): Store {
  const file = join(dataDir, 'neuron.db');
  if (!existsSync(file)) {
    throw new NeuronError(
      'DATA_DIR_UNUSABLE',
      `No neuron has run on "${dataDir}" yet; start one, or name the data directory of another by --neuron-data-dir.`,
    );
  }
  try {
    const database = new Database(file, { readonly: true, fileMustExist: true, timeout: OPEN_TIMEOUT_MS });
    return storeOf(database, () => undefined);
  } catch (error) {
    throw new NeuronError(
      'DATA_DIR_UNUSABLE',
      `There is no neuron's store of this version at "${file}" (${messageOf(error)}); name the neuron's data directory.`,
      { cause: error },
    );
  }
}

function makeDataDir(dataDir: string): void {
  try {
    makeDirectory(dataDir);
  } catch (error) {
    throw new NeuronError(
      'DATA_DIR_UNUSABLE',
      `"${dataDir}" can't be made a directory; choose a data directory that you may write to.`,
      { cause: error },
    );
  }
}

function storeOf(database: Database.Database, unlock: () => void): Store {
  let trouble: string | null = null;
  const watched = <T>(work: () => T): T => {
    try {
      const result = work();
      trouble = null;
      return result;
    } catch (error) {
      trouble = storeTrouble(error) ?? trouble;
      throw error;
    }
  };
  const predictions = predictionRows(database);
  const pages = (name: string) => Number(database.pragma(name, { simple: true }));
  return {
    streams: streamRows(database),
    observations: observationRows(database),
    predictions: {
      ...predictions,
      put: (made) => watched(() => predictions.put(made)),
      answer: (answers, now) => watched(() => predictions.answer(answers, now)),
    },
    state: stateRows(database),
    imports: importRows(database),
    retention: retentionRows(database),
    reports: reportRows(database),
    transaction: (work) => watched(() => database.transaction(work)()),
    get trouble() {
      return trouble;
    },
    limit: (megabytes) => {
      const most = megabytes === 0 ? MOST_PAGES : Math.ceil((megabytes * 2 ** 20) / pages('page_size'));
      database.pragma(`max_page_count = ${most}`);
    },
    size: () => ({
      bytes: pages('page_count') * pages('page_size'),
      freeBytes: pages('freelist_count') * pages('page_size'),
    }),
    close: () => {
      database.close();
      unlock();
    },
  };
}
