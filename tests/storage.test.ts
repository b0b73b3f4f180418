import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from '../server/storage/data-directory.ts';
import { openDatabase } from '../server/storage/database.ts';
import { startEmbeddedPostgres } from '../server/storage/embedded-postgres.ts';
import { migrate, readMigrations } from '../server/storage/migrations.ts';
import { findPostmaster } from '../server/storage/postmaster.ts';
import { openStorage } from '../server/storage/storage.ts';
import { runSource } from './support/process.ts';

const quiet = { info: () => undefined, warn: () => undefined };
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'presage-storage-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function ask(url: string): Promise<unknown> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query('SELECT 42 AS answer');
  await client.end();
  return rows[0]?.answer;
}

describe('the data directory', () => {
  it('is one process’ at a time, and free again when it lets go', () => {
    const held = openDataDirectory(directory);
    expect(() => openDataDirectory(directory)).toThrow(/in use by another Presage server/);
    held.release();
    openDataDirectory(directory).release();
  });

  it('says which directory can not be made', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    expect(() => openDataDirectory(join(file, 'inside'))).toThrow(
      /inside can't be written .*PRESAGE_DATA_DIR/,
    );
  });

  it.runIf(existsSync('/proc/self'))('says so of a place where the system makes none', () => {
    expect(() => openDataDirectory('/proc/presage')).toThrow(/presage can't be written .*PRESAGE_DATA_DIR/);
  });
});

describe('the embedded PostgreSQL', () => {
  it('recovers from a server that outlived its process', async () => {
    const first = await startEmbeddedPostgres(directory);
    const second = await startEmbeddedPostgres(directory);
    expect(second.url).not.toBe(first.url);
    expect(await ask(second.url)).toBe(42);
    await expect(ask(first.url)).rejects.toThrow();
    await second.stop();
  });

  it('ends in order when the process that started it is killed', async () => {
    let said = '';
    const child = runSource(new URL('./support/postgres-child.ts', import.meta.url), [directory], (line) => {
      said += line;
    });
    await expect.poll(() => said, { timeout: 20_000 }).toMatch(/^postgresql:/);
    expect(await ask(said.trim())).toBe(42);
    child.kill('SIGKILL');
    await expect.poll(() => findPostmaster(join(directory, 'postgres'))).toBeUndefined();
    const again = await startEmbeddedPostgres(directory);
    expect(await ask(again.url)).toBe(42);
    await again.stop();
    const log = await readFile(join(directory, 'postgres.log'), 'utf8');
    expect(log).not.toMatch(/not properly shut down/);
  });

  it('recovers from SIGKILL of all of it, with a pid file that names another program by now', async () => {
    const postgres = await startEmbeddedPostgres(directory);
    const pidFile = join(directory, 'postgres', 'postmaster.pid');
    const lines = (await readFile(pidFile, 'utf8')).split('\n');
    process.kill(Number(lines[0]), 'SIGKILL');
    await expect.poll(() => ask(postgres.url).catch(() => 'down')).toBe('down');
    const other = spawn('sleep', ['60']);
    await writeFile(pidFile, [other.pid, ...lines.slice(1)].join('\n'));
    const again = await startEmbeddedPostgres(directory);
    expect(await ask(again.url)).toBe(42);
    other.kill();
    await again.stop();
  });

  it('makes a cluster anew that was only half made', async () => {
    await mkdir(join(directory, 'postgres.new'));
    await writeFile(join(directory, 'postgres.new', 'PG_VERSION'), '18\n');
    const postgres = await startEmbeddedPostgres(directory);
    expect(await ask(postgres.url)).toBe(42);
    await postgres.stop();
  });

  it.runIf(process.getuid?.() === 0)('runs below a folder that only root may enter', async () => {
    await chmod(directory, 0o700);
    const postgres = await startEmbeddedPostgres(directory);
    expect(await ask(postgres.url)).toBe(42);
    await postgres.stop();
  });
});

describe('the database', () => {
  it('is migrated once by processes that start at once', async () => {
    const postgres = await startEmbeddedPostgres(directory);
    const databases = await Promise.all([1, 2, 3].map(() => openDatabase(postgres.url, 2, quiet)));
    const client = new pg.Client(postgres.url);
    await client.connect();
    const migrations = await readMigrations();
    const { rows } = await client.query('SELECT migration_name, checksum FROM _prisma_migrations ORDER BY 1');
    expect(rows).toEqual(migrations.map(({ name, checksum }) => ({ migration_name: name, checksum })));
    expect(await migrate(client, migrations)).toEqual([]);
    const broken = {
      name: '99999999999999_broken',
      sql: 'CREATE TABLE t (); SELECT nonsense',
      checksum: 'x',
    };
    await expect(migrate(client, [...migrations, broken])).rejects.toThrow(/rolled back: .*nonsense/);
    expect(await migrate(client, migrations)).toEqual([]);
    await expect(migrate(client, [])).rejects.toThrow(/newer version/);
    const changed = migrations.map((migration) => ({ ...migration, checksum: 'other' }));
    await expect(migrate(client, changed)).rejects.toThrow(/other contents/);
    await client.end();
    await Promise.all(databases.map((database) => database.close()));
    await postgres.stop();
  });

  it.each([
    ['mysql://localhost/x', /not a PostgreSQL URL/],
    ['nonsense', /not a PostgreSQL URL/],
    [
      'postgresql://me:secret@127.0.0.1:1/x',
      /Can't connect to the database x at 127.0.0.1:1 as me: .*ECONNREFUSED/,
    ],
    ['postgresql://me:secret@no.such.host.invalid/x', /Can't connect to .*no.such.host.invalid/],
  ])('says what is wrong with %s', async (url, message) => {
    const error = await openDatabase(url, 2, quiet).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain('secret');
  });

  it('says that the password or the database is wrong', async () => {
    const postgres = await startEmbeddedPostgres(directory);
    const wrongPassword = postgres.url.replace(/:[^:@]+@/, ':wrong@');
    await expect(openDatabase(wrongPassword, 2, quiet)).rejects.toThrow(/password authentication failed/);
    const wrongDatabase = postgres.url.replace(/postgres$/, 'absent');
    await expect(openDatabase(wrongDatabase, 2, quiet)).rejects.toThrow(/"absent" does not exist/);
    await postgres.stop();
  });
});

describe('storage', () => {
  it('lets everything go again when the database can not be opened', async () => {
    const settings = { dataDir: directory, databaseUrl: 'postgresql://127.0.0.1:1/x', poolSize: 2 };
    await expect(openStorage(settings, quiet)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    openDataDirectory(directory).release();
  });
});
