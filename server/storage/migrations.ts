import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { StorageError } from './errors.ts';
import { packageRoot } from './package-root.ts';

/** One folder of `prisma/migrations`. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, lower-case hex, as Prisma records it. */
  readonly checksum: string;
}

/** The advisory lock that a process holds while it migrates: "presage" in ASCII, cut to 32 bits. */
const MIGRATION_LOCK = 0x70726573;

const MIGRATIONS_TABLE = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id varchar(36) PRIMARY KEY NOT NULL,
    checksum varchar(64) NOT NULL,
    finished_at timestamptz,
    migration_name varchar(255) NOT NULL,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`;

/** The migrations that this version brings, in the order in which they apply. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const folder = join(packageRoot(), 'prisma', 'migrations');
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Applies what is missing, each migration in a transaction of its own, under an advisory lock: of several processes
 * that start at once, one does it and the others wait. The record is Prisma's `_prisma_migrations`, so that
 * `prisma migrate deploy` and `status` agree with it.
 *
 * @returns the names of those it applied
 * @throws StorageError if the database was migrated by a newer version, or an applied migration has changed since
 */
export async function migrate(
  client: ClientBase,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
  try {
    await client.query(MIGRATIONS_TABLE);
    const applied = await client.query<{ migration_name: string; checksum: string; finished: boolean }>(
      `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished
         FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
    );
    const checksums = new Map(applied.rows.map((row) => [row.migration_name, row]));
    for (const { migration_name: name, finished } of applied.rows) {
      if (!finished) throw unfinished(name);
      if (!migrations.some((migration) => migration.name === name)) throw newer(name);
    }
    const missing = migrations.filter((migration) => {
      const row = checksums.get(migration.name);
      if (row && row.checksum !== migration.checksum) throw changed(migration.name);
      return !row;
    });
    for (const migration of missing) await apply(client, migration);
    return missing.map((migration) => migration.name);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
  }
}

async function apply(client: ClientBase, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    const reason = error instanceof Error ? error.message : String(error);
    throw new StorageError(`Migration ${name} failed and was rolled back: ${reason}`, { cause: error });
  }
}

const unfinished = (name: string) =>
  new StorageError(`Migration ${name} was begun by Prisma and never finished; see "prisma migrate resolve".`);
const newer = (name: string) =>
  new StorageError(
    `The database has migration ${name}, which this version of Presage does not know; start a newer version, or another database.`,
  );
const changed = (name: string) =>
  new StorageError(
    `Migration ${name} was applied with other contents; restore its file, or another database.`,
  );
