import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, Presage } from '../tests/support/presage.ts';
import { HttpCaller } from './http-caller.ts';
import { median, type Turn } from './turns.ts';

/** How often each number of servers has its turn, after one to warm up. */
const ROUNDS = 3;
/** Longer than a server that writes alone again takes turns with others, in ms. */
const ALONE_MS = 2_500;
/** Connections to each server. */
const CONNECTIONS = 64;

/** Servers beside the one that is there, over the same database, for the same tenant. */
export class FurtherServers {
  readonly callers: readonly HttpCaller[];
  readonly #servers: readonly Presage[];

  private constructor(servers: readonly Presage[], callers: readonly HttpCaller[]) {
    this.#servers = servers;
    this.callers = callers;
  }

  /** `token` is of the first server; one is as good as another. */
  static async start(count: number, directory: string, url: string, token: string): Promise<FurtherServers> {
    const started = await Promise.all(
      Array.from({ length: count }, async (_, nth) => {
        const port = await freePort();
        const dataDir = join(directory, `server-${nth + 2}`);
        const server = new Presage(
          ['serve', '--port', String(port), '--data-dir', dataDir, '--collect', 'none'],
          { DATABASE_URL: url, PRESAGE_LOG_LEVEL: 'info' },
        );
        await server.start('Presage is ready');
        return { server, caller: new HttpCaller(port, token, CONNECTIONS) };
      }),
    );
    return new FurtherServers(
      started.map(({ server }) => server),
      started.map(({ caller }) => caller),
    );
  }

  async stop(): Promise<void> {
    for (const caller of this.callers) caller.close();
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}

/** The same work by one of the servers, by two, and so on, in turns; prints medians, and ratios to what one does. */
export async function compareServers(
  what: string,
  unit: string,
  servers: readonly HttpCaller[],
  work: (servers: readonly HttpCaller[]) => Promise<Turn>,
): Promise<void> {
  const sets = servers.map((_, last) => servers.slice(0, last + 1));
  const figures = sets.map((): number[] => []);
  for (const set of sets) await work(set);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, set] of sets.entries()) {
      if (index === 0) await pause(ALONE_MS);
      figures[index]?.push((await work(set)).figure);
    }
  }
  const [alone = Number.NaN, ...together] = figures.map(median);
  process.stdout.write(`${what}, one server: ${alone.toFixed(0)} ${unit}\n`);
  for (const [index, figure] of together.entries()) {
    const ratio = (figure / alone).toFixed(2);
    process.stdout.write(
      `  ${index + 2} servers that share them: ${figure.toFixed(0)} ${unit}: ratio ${ratio}\n`,
    );
  }
}
