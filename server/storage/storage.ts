import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { type Database, openDatabase, type StorageLogger } from './database.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';

export interface StorageSettings {
  readonly dataDir: string;
  /** Absent: an embedded PostgreSQL in the data directory. */
  readonly databaseUrl?: string | undefined;
  /** Connections of this process. */
  readonly poolSize: number;
  /** The variables of this process, of which an embedded one is passed on some. @default none */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** How long a statement of a reader may take, in ms. @default 5_000 */
  readonly readTimeoutMs?: number;
}

/** The data directory, held, and the database, migrated and open. */
export interface Storage {
  readonly directory: DataDirectory;
  readonly database: Database;
  readonly embedded: boolean;
  /** Closes the database, stops an embedded one, then lets the directory go. */
  close(): Promise<void>;
}

/** Opens everything a server keeps. What was opened is closed again if a later step fails. */
export async function openStorage(settings: StorageSettings, logger: StorageLogger): Promise<Storage> {
  const directory = openDataDirectory(settings.dataDir);
  const opened: (() => Promise<void>)[] = [async () => directory.release()];
  const close = async (): Promise<void> => {
    for (const step of opened.splice(0).reverse()) await step();
  };
  try {
    const url = settings.databaseUrl ?? (await startEmbedded(directory, settings, opened));
    const database = await openDatabase(url, settings.poolSize, logger, settings.readTimeoutMs);
    opened.push(() => database.close());
    return { directory, database, embedded: settings.databaseUrl === undefined, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startEmbedded(
  directory: DataDirectory,
  { environment }: StorageSettings,
  opened: (() => Promise<void>)[],
): Promise<string> {
  const postgres = await startEmbeddedPostgres(directory.path, environment);
  opened.push(() => postgres.stop());
  return postgres.url;
}
