import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { endWithUs } from '../../server/storage/end-with-us.ts';
import { findProgram } from './find-program.ts';
import { freePort } from './presage.ts';

/** Where a redis-server is on this machine; `undefined`, with a line that says how to get one, where there is none. */
export function findRedis(): string | undefined {
  return findProgram('redis-server', 'Tests over Redis');
}

/** A Redis of a test's own, on a port of its own, that keeps nothing on disk: started again it is empty. */
export class TestRedis {
  readonly port: number;
  readonly #executable: string;
  #args: readonly string[];
  readonly #directory: string;
  #child: ChildProcess | undefined;
  #letGo: () => void = () => undefined;
  #admin: Redis | undefined;

  private constructor(executable: string, port: number, directory: string, args: readonly string[]) {
    this.#executable = executable;
    this.port = port;
    this.#directory = directory;
    this.#args = args;
  }

  static async open(executable: string, args: readonly string[] = []): Promise<TestRedis> {
    const directory = await mkdtemp(join(tmpdir(), 'presage-redis-'));
    const redis = new TestRedis(executable, await freePort(), directory, args);
    await redis.start();
    return redis;
  }

  /** One that is a Sentinel, which writes down in its file what it learns. */
  static async sentinel(executable: string, file: string): Promise<TestRedis> {
    const directory = await mkdtemp(join(tmpdir(), 'presage-redis-'));
    const redis = new TestRedis(executable, await freePort(), directory, []);
    await redis.#run([file, '--sentinel', '--port', String(redis.port), '--bind', '127.0.0.1']);
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** A connection for looking and for doing harm. */
  get admin(): Redis {
    this.#admin ??= new Redis(this.url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
    return this.#admin;
  }

  /** Makes a replica a primary, which it is when it is started again, too. */
  async promote(): Promise<void> {
    await this.admin.call('REPLICAOF', 'NO', 'ONE');
    this.#args = [];
  }

  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  async start(): Promise<void> {
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    await this.#run([...own, '--dir', this.#directory, ...this.#args]);
  }

  async #run(args: readonly string[]): Promise<void> {
    this.#child = spawn(this.#executable, args, { stdio: 'ignore' });
    if (this.#child.pid !== undefined) this.#letGo = endWithUs({ pid: this.#child.pid, signal: 'KILL' });
    this.admin.on('error', () => undefined);
    await this.admin.ping();
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
    this.#letGo();
  }

  async close(): Promise<void> {
    this.#admin?.disconnect();
    await this.stop('SIGKILL');
    await rm(this.#directory, { recursive: true, force: true });
  }
}
