import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { TestRedis } from './redis.ts';

/** What the Sentinels call the primary. */
const NAME = 'presage';
const PATIENCE = { timeout: 30_000, interval: 20 };

/** A Sentinel of a test's own, that watches a primary and has its replica take over. */
export class TestSentinel {
  readonly #sentinel: TestRedis;
  readonly #directory: string;

  private constructor(sentinel: TestRedis, directory: string) {
    this.#sentinel = sentinel;
    this.#directory = directory;
  }

  static async open(executable: string, primary: TestRedis): Promise<TestSentinel> {
    const directory = await mkdtemp(join(tmpdir(), 'presage-sentinel-'));
    const file = join(directory, 'sentinel.conf');
    const lines = [
      `sentinel monitor ${NAME} 127.0.0.1 ${primary.port} 1`,
      `sentinel down-after-milliseconds ${NAME} 1000`,
      `sentinel failover-timeout ${NAME} 5000`,
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    return new TestSentinel(await TestRedis.sentinel(executable, file), directory);
  }

  /** The settings that it is asked by. */
  get env(): Readonly<Record<string, string>> {
    return {
      REDIS_URL: 'redis://by-sentinel',
      PRESAGE_REDIS_SENTINELS: `127.0.0.1:${this.#sentinel.port}`,
      PRESAGE_REDIS_SENTINEL_NAME: NAME,
    };
  }

  /** The port of the primary, as it has it. */
  async primary(): Promise<number> {
    const [, port] = (await this.#sentinel.admin.call(
      'SENTINEL',
      'GET-MASTER-ADDR-BY-NAME',
      NAME,
    )) as string[];
    return Number(port);
  }

  /** Resolves when it knows so many replicas that may take over. */
  async knows(replicas: number): Promise<void> {
    const known = async () => {
      const all = (await this.#sentinel.admin.call('SENTINEL', 'REPLICAS', NAME)) as string[][];
      const isSound = (fields: string[]) => fields[fields.indexOf('flags') + 1] === 'slave';
      return all.filter(isSound).length === replicas;
    };
    await vi.waitUntil(known, PATIENCE);
  }

  async close(): Promise<void> {
    await this.#sentinel.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
