import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { passedOn } from '../../schema/passed-on.ts';
import { endWithUs } from './end-with-us.ts';
import { StorageError } from './errors.ts';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { findPostmaster } from './postmaster.ts';
import { asServiceAccount, findServiceAccount, type ServiceAccount } from './service-account.ts';

const run = promisify(execFile);

/** A PostgreSQL of our own that lives in the data directory and listens on loopback only. */
export interface EmbeddedPostgres {
  readonly url: string;
  /** Ends it with a checkpoint, so that the next start has nothing to recover. */
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const USER = 'presage';
const START_ATTEMPTS = 3;

/**
 * Starts the PostgreSQL in `directory`, making it on the first start. Whatever a crash left is cleared up first: a
 * half-made cluster, a stale `postmaster.pid`, a server that outlived the process that started it. The caller holds
 * the directory's lock, so nothing that runs in it belongs to anybody else.
 *
 * It is started by `pg_ctl`, in a session of its own: a Ctrl-C in the terminal reaches us and not it, so that it is
 * there until the last write is done. When we are gone without having stopped it, it ends by itself.
 *
 * Of `environment` its programs get what any program needs: they may run as another user, and show theirs to everybody of
 * that one.
 */
export async function startEmbeddedPostgres(
  directory: string,
  environment: Environment = {},
): Promise<EmbeddedPostgres> {
  const cluster: Cluster = {
    binaries: await findPostgresBinaries(),
    account: await findServiceAccount(join(directory, 'postgres')),
    path: join(directory, 'postgres'),
    log: join(directory, 'postgres.log'),
    environment: passedOn(environment),
  };
  const password = await ensurePassword(directory);
  await ensureCluster(cluster, directory, password);
  if (await findPostmaster(cluster.path)) await stopCluster(cluster);
  const port = await startCluster(cluster);
  const letGo = await endCluster(cluster);
  return {
    url: urlOf(password, port),
    stop: async () => {
      await stopCluster(cluster);
      letGo();
    },
  };
}

/** The URL of the PostgreSQL that another process runs in `directory`, for those who only read; none if none runs. */
export async function runningPostgres(directory: string): Promise<string | undefined> {
  const postmaster = await findPostmaster(join(directory, 'postgres'));
  if (!postmaster) return undefined;
  const password = (await readFile(join(directory, 'postgres.password'), 'utf8')).trim();
  return urlOf(password, postmaster.port);
}

function urlOf(password: string, port: number): string {
  return `postgresql://${USER}:${password}@127.0.0.1:${port}/postgres`;
}

interface Cluster {
  readonly binaries: PostgresBinaries;
  readonly account: ServiceAccount | undefined;
  readonly path: string;
  readonly log: string;
  /** What its programs are run with. */
  readonly environment: Readonly<Record<string, string>>;
}

async function ensurePassword(directory: string): Promise<string> {
  const file = join(directory, 'postgres.password');
  const fresh = randomBytes(24).toString('base64url');
  // `wx` fails if it is there: the password stays the one that the cluster was made with.
  await writeFile(file, fresh, { mode: 0o600, flag: 'wx' }).catch(() => undefined);
  return (await readFile(file, 'utf8')).trim();
}

/** Makes the cluster under another name and renames it, so that one that is there is whole. */
async function ensureCluster(cluster: Cluster, directory: string, password: string): Promise<void> {
  if (await exists(join(cluster.path, 'PG_VERSION'))) return;
  const draft = join(directory, 'postgres.new');
  const passwordFile = join(directory, 'postgres.initial-password');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  await give(cluster.account, draft, passwordFile);
  try {
    await invoke(cluster, 'initdb', [
      ...['-D', draft, '-U', USER, '--pwfile', passwordFile, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ]);
    await rename(draft, cluster.path);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function startCluster(cluster: Cluster): Promise<number> {
  await writeFile(cluster.log, '', { flag: 'a', mode: 0o600 });
  await give(cluster.account, cluster.log);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const settings = [
      `-c port=${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=`,
      '-c max_connections=80 -c shared_buffers=256MB -c max_wal_size=2GB -c log_min_messages=warning',
    ].join(' ');
    try {
      await invoke(cluster, 'pg_ctl', [
        ...['start', '-D', cluster.path, '-l', cluster.log],
        ...['-w', '-t', '60', '-s', '-o', settings],
      ]);
      return port;
    } catch (error) {
      // Somebody may have taken the port since we looked.
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

/** Has it ended in order once we are gone. Gives what lets go of it. */
async function endCluster({ path }: Cluster): Promise<() => void> {
  const postmaster = await findPostmaster(path);
  if (!postmaster) return () => undefined;
  // An interrupt is what `pg_ctl stop -m fast` sends.
  return endWithUs({ pid: postmaster.pid, signal: 'INT', pidFile: join(path, 'postmaster.pid') });
}

async function stopCluster(cluster: Cluster): Promise<void> {
  const isRunning = async () => (await findPostmaster(cluster.path)) !== undefined;
  const stop = async (mode: string, seconds: number) => {
    const args = ['stop', '-D', cluster.path, '-m', mode, '-w', '-t', String(seconds), '-s'];
    await invoke(cluster, 'pg_ctl', args).catch(async (error: unknown) => {
      // It may have ended by itself in this very moment.
      if (await isRunning()) throw error;
    });
  };
  if (!(await isRunning())) return;
  await stop('fast', 20).catch(() => stop('immediate', 10));
}

async function invoke(
  cluster: Cluster,
  program: keyof PostgresBinaries,
  args: readonly string[],
): Promise<void> {
  const file = cluster.binaries[program];
  const command = await asServiceAccount(cluster.account, file, args, [cluster.path]);
  try {
    await run(command.file, command.args, { ...command.options, cwd: '/', env: cluster.environment });
  } catch (error) {
    const detail = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    const why = detail || (await lastLines(cluster.log));
    throw new StorageError(
      `The embedded PostgreSQL in ${cluster.path} failed (${program} ${args[0]}): ${why}. Its log is ${cluster.log}; DATABASE_URL uses another server instead.`,
      { cause: error },
    );
  }
}

async function give(account: ServiceAccount | undefined, ...paths: readonly string[]): Promise<void> {
  if (!account) return;
  await Promise.all(paths.map((path) => chown(path, account.uid, account.gid)));
}

async function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-3).join(' ').slice(-500);
}
