import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestDatabase, type TestDatabase } from '../../support/database.ts';
import { freePort, Presage } from '../../support/presage.ts';

/** A `presage serve` as users run it: killed and started again it is at the same port. */
export interface ServerProcess {
  readonly presage: Presage;
  /** http://127.0.0.1:port */
  readonly url: string;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A database of a test's own, and the server processes over it. */
export class Servers {
  readonly db: TestDatabase;
  readonly #directory: string;
  readonly #processes: ServerProcess[] = [];

  private constructor(db: TestDatabase, directory: string) {
    this.db = db;
    this.#directory = directory;
  }

  static async open(): Promise<Servers> {
    const directory = await mkdtemp(join(tmpdir(), 'presage-faults-'));
    return new Servers(await openTestDatabase(), directory);
  }

  /** Starts one more. `args` go after `serve`, `env` are settings by their variables. */
  async start(
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): Promise<ServerProcess> {
    const port = await freePort();
    const dataDir = join(this.#directory, `server-${this.#processes.length}`);
    const own = ['serve', '--port', String(port), '--data-dir', dataDir, '--collect', 'none', ...args];
    const presage = new Presage(own, { DATABASE_URL: this.db.url, ...env });
    const server: ServerProcess = {
      presage,
      url: `http://127.0.0.1:${port}`,
      start: () => presage.start('Presage is ready'),
      stop: (signal) => presage.stop(signal),
    };
    this.#processes.push(server);
    await server.start();
    return server;
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((server) => server.stop()));
    await this.db.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
