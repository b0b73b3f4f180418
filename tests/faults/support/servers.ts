import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestDatabase, type TestDatabase } from '../../support/database.ts';
import { type ServerProcess, ServerProcesses } from '../../support/server-processes.ts';

/** A database of a test's own, and the server processes over it. */
export class Servers {
  readonly db: TestDatabase;
  readonly #directory: string;
  readonly #processes: ServerProcesses;

  private constructor(db: TestDatabase, directory: string) {
    this.db = db;
    this.#directory = directory;
    this.#processes = new ServerProcesses(directory, { DATABASE_URL: db.url });
  }

  static async open(): Promise<Servers> {
    const directory = await mkdtemp(join(tmpdir(), 'presage-faults-'));
    return new Servers(await openTestDatabase(), directory);
  }

  /** Starts one more. `env` are settings by their variables. */
  start(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    return this.#processes.start('all', env);
  }

  async close(): Promise<void> {
    await this.#processes.stopAll();
    await this.db.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
