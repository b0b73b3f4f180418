import { join } from 'node:path';
import { freePort, Presage } from './presage.ts';

type Env = Readonly<Record<string, string>>;

/** A `presage serve` as users run it: killed and started again it is at the same port. */
export interface ServerProcess {
  readonly presage: Presage;
  /** http://127.0.0.1:port */
  readonly url: string;
  start(): Promise<void>;
  /** Resolves with the exit code, null if the signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** The server processes of an installation, each with a port and a data directory of its own. */
export class ServerProcesses {
  readonly #directory: string;
  readonly #env: Env;
  #all: ServerProcess[] = [];

  /** `env` are settings of all of them, by their variables. */
  constructor(directory: string, env: Env) {
    this.#directory = directory;
    this.#env = env;
  }

  /** Starts one more. Several can be started at once. */
  async start(role: string, env: Env = {}): Promise<ServerProcess> {
    const port = await freePort();
    const own = {
      '--role': role,
      '--port': String(port),
      '--data-dir': join(this.#directory, `${role}-${port}`),
    };
    const presage = new Presage(['serve', ...Object.entries(own).flat(), '--collect', 'none'], {
      ...this.#env,
      ...env,
    });
    const server: ServerProcess = {
      presage,
      url: `http://127.0.0.1:${port}`,
      start: () => presage.start('Presage is ready'),
      stop: (signal) => presage.stop(signal),
    };
    this.#all.push(server);
    await server.start();
    return server;
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#all.map((server) => server.stop()));
    this.#all = [];
  }
}
