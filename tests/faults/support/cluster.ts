import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { vi } from 'vitest';
import { type Database, openDatabase } from '../../../server/storage/database.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { TestRedis } from '../../support/redis.ts';
import { type ServerProcess, ServerProcesses } from '../../support/server-processes.ts';
import { CuttingProxy } from './cutting-proxy.ts';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
/** Faults are found soon, and processes that share a machine share its connections. */
export const QUICK_TO_HEAL = {
  PRESAGE_DATABASE_POOL_SIZE: '5',
  PRESAGE_REDIS_LEASE_MS: '1000',
  PRESAGE_REDIS_GATEWAY_TTL_MS: '2000',
  PRESAGE_REDIS_POLL_MS: '200',
};

type Env = Readonly<Record<string, string>>;
/** Sets a Redis up before anybody uses it, and gives the settings that it is reached by. `url` leads to it. */
export type PrepareRedis = (redis: TestRedis, url: string) => Promise<Env>;

const QUIET = { info: () => undefined, warn: () => undefined };

/** Several processes over one Postgres and one Redis, each of which can be killed, restarted and replaced. */
export class Cluster {
  readonly #directory: string;
  readonly #executable: string;
  readonly #processes: ServerProcesses;
  readonly #redises: TestRedis[];
  readonly #links: CuttingProxy[] = [];
  readonly #redisProxy: CuttingProxy;
  readonly #postgresProxy: CuttingProxy;
  readonly databaseUrl: string;
  readonly database: Database;
  readonly #postgres: TestPostgres;
  redis: TestRedis;

  private constructor(parts: {
    directory: string;
    executable: string;
    redis: TestRedis;
    redisProxy: CuttingProxy;
    postgres: TestPostgres;
    postgresProxy: CuttingProxy;
    databaseUrl: string;
    database: Database;
    access: Env;
  }) {
    this.#directory = parts.directory;
    this.#executable = parts.executable;
    this.redis = parts.redis;
    this.#redises = [parts.redis];
    this.#redisProxy = parts.redisProxy;
    this.#postgres = parts.postgres;
    this.#postgresProxy = parts.postgresProxy;
    this.databaseUrl = parts.databaseUrl;
    this.database = parts.database;
    this.#processes = new ServerProcesses(parts.directory, {
      DATABASE_URL: this.databaseUrl,
      REDIS_URL: this.redisUrl,
      ...QUICK_TO_HEAL,
      ...parts.access,
    });
  }

  static async open(executable: string, prepare?: PrepareRedis): Promise<Cluster> {
    const directory = await mkdtemp(join(tmpdir(), 'presage-cluster-'));
    const redis = await TestRedis.open(executable);
    const redisProxy = await CuttingProxy.open(redis.url);
    const access = (await prepare?.(redis, `redis://127.0.0.1:${redisProxy.port}`)) ?? {};
    const postgres = await startTestPostgres(directory);
    const postgresProxy = await CuttingProxy.open(postgres.url);
    const url = new URL(postgres.url);
    url.port = String(postgresProxy.port);
    const database = await openDatabase(url.href, 4, QUIET);
    return new Cluster({
      ...{ directory, executable, redis, redisProxy, postgres, postgresProxy, database, access },
      databaseUrl: url.href,
    });
  }

  /** Where processes reach whichever Redis is the present one. */
  get redisUrl(): string {
    return `redis://127.0.0.1:${this.#redisProxy.port}`;
  }

  /** Starts one more process. Several can be started at once. */
  start(role: string): Promise<ServerProcess> {
    return this.#processes.start(role);
  }

  /** Runs another command beside the processes, and gives what it prints. Rejects if it fails. */
  async presage(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, DATABASE_URL: this.databaseUrl, REDIS_URL: this.redisUrl };
    const { stdout } = await run(process.execPath, [MAIN, ...args], { env });
    return stdout;
  }

  /** Another Redis takes over, with nothing of the present one, which lives on. Gives the present one. */
  async failOver(to?: TestRedis): Promise<TestRedis> {
    const before = this.redis;
    const next = to ?? (await TestRedis.open(this.#executable));
    if (!this.#redises.includes(next)) this.#redises.push(next);
    this.redis = next;
    this.#redisProxy.redirect(next.url);
    return before;
  }

  /**
   * Starts a replica of the present Redis that has all that it has; `cutOff` ends that, and the replica falls behind.
   * With `isDirect` it can't be, and knows the other by its own address.
   */
  async replicate({
    isDirect = false,
  } = {}): Promise<{ readonly replica: TestRedis; readonly cutOff: () => void }> {
    const link = await CuttingProxy.open(this.redis.url);
    const from = isDirect ? this.redis.port : link.port;
    const args = ['--replicaof', `127.0.0.1 ${from}`, '--repl-diskless-sync-delay', '0'];
    const replica = await TestRedis.open(this.#executable, args);
    this.#redises.push(replica);
    this.#links.push(link);
    const isInStep = async () => (await replica.admin.info('replication')).includes('master_link_status:up');
    await vi.waitUntil(isInStep, { timeout: 20_000 });
    // It asks again and again, and is led to itself, which refuses.
    return { replica, cutOff: () => link.redirect(replica.url) };
  }

  /** Makes a replica the primary of the present Redis, whose clients are left to find out. */
  async swapWith(replica: TestRedis): Promise<void> {
    const before = this.redis;
    this.redis = replica;
    this.#redisProxy.lead(replica.url);
    await replica.promote();
    await before.admin.call('REPLICAOF', '127.0.0.1', replica.port);
  }

  async restartPostgres(): Promise<void> {
    this.#postgresProxy.redirect(await this.#postgres.restart());
  }

  /** Puts the present state of Postgres aside; gives what puts it back, whatever has been written since. */
  async backUpPostgres(): Promise<() => Promise<void>> {
    const [data, copy] = [join(this.#directory, 'postgres'), join(this.#directory, 'backup')];
    const replace = async (from: string, to: string): Promise<void> => {
      const url = await this.#postgres.restart(async () => {
        await rm(to, { recursive: true, force: true });
        // As `cp -a` does: owners are kept, which Node's own copy doesn't.
        await run('cp', ['-a', from, to]);
      });
      this.#postgresProxy.redirect(url);
    };
    await replace(data, copy);
    return () => replace(copy, data);
  }

  async close(): Promise<void> {
    await this.#processes.stopAll();
    await this.database.close();
    await Promise.all([this.#redisProxy, ...this.#links].map((proxy) => proxy.close()));
    await this.#postgresProxy.close();
    await Promise.all(this.#redises.map((redis) => redis.close()));
    await this.#postgres.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** What a process says of its health: nothing, or what is degraded. */
export async function degraded({ url }: ServerProcess): Promise<readonly string[]> {
  try {
    const response = await fetch(`${url}/health/ready`);
    const { degraded: parts = [], notReady = [] } = (await response.json()) as {
      degraded?: readonly { part: string }[];
      notReady?: readonly { part: string }[];
    };
    return [...parts, ...notReady].map(({ part }) => part);
  } catch {
    return ['process'];
  }
}
