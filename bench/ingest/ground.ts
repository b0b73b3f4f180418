import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../server/storage/embedded-postgres.ts';
import { findPostmaster } from '../../server/storage/postmaster.ts';
import { freePort, Presage } from '../../tests/support/presage.ts';
import { Publisher } from '../../tests/support/publisher.ts';
import { HttpCaller } from '../http-caller.ts';
import type { ProcessIds } from '../processor-time.ts';

/** Connections of callers to each server. */
const CALLER_CONNECTIONS = 64;
/** Connections of the plain side: as many as `pg` gives a pool by default. */
const PLAIN_CONNECTIONS = 10;
/** Streams that observations are of. */
const STREAMS = 50;

/** What one part of the bench works on. */
export interface Ground {
  readonly directory: string;
  readonly postgres: EmbeddedPostgres;
  readonly pids: ProcessIds;
  /** Calls the server. */
  readonly caller: HttpCaller;
  /** Of the one who calls; as good for any other server over this database. */
  readonly token: string;
  /** The plain side's connections. */
  readonly plain: pg.Pool;
  /** Ids of the streams `s0`, `s1` and so on. */
  readonly streams: readonly number[];
  /** The first of `count` times, in ms, that no observation has yet. */
  times(count: number): number;
  /** The first of `count` positions far beyond those of the server. */
  plainPositions(count: number): number;
  close(): Promise<void>;
}

/**
 * A database and a server of their own for each part: what one leaves behind, tables of half a million rows and the
 * database's cleaning of them, is not in the figures of the next.
 */
export async function openGround(): Promise<Ground> {
  const directory = await mkdtemp(join(tmpdir(), 'presage-bench-'));
  const postgres = await startEmbeddedPostgres(directory);
  const { server, port } = await startServer(postgres.url, join(directory, 'server'));
  const publisher = new Publisher(`http://127.0.0.1:${port}`);
  const token = await publisher.signIn();
  for (let n = 0; n < STREAMS; n += 1) {
    await publisher.ask(`mutation { createStream(input: { name: "s${n}" }) { uuid } }`);
  }
  const plain = new pg.Pool({ connectionString: postgres.url, max: PLAIN_CONNECTIONS });
  // Connections are cut when the database stops; they are idle by then.
  plain.on('error', () => undefined);
  const { rows } = await plain.query<{ id: number }>('SELECT id FROM streams ORDER BY id');
  const postmaster = await findPostmaster(join(directory, 'postgres'));
  const caller = new HttpCaller(port, token, CALLER_CONNECTIONS);
  const times = counter(1_600_000_000_000);
  const plainPositions = counter(1_000_000_000);
  return {
    ...{ directory, postgres, caller, token, plain, times, plainPositions },
    pids: { server: server.pid ?? 0, database: postmaster?.pid ?? 0 },
    streams: rows.map(({ id }) => id),
    close: async () => {
      caller.close();
      await server.stop();
      await plain.end();
      await postgres.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Gives the first of so many numbers on end that it has not given before. */
function counter(from: number): (count: number) => number {
  let next = from;
  return (count) => {
    next += count;
    return next - count;
  };
}

/** Servers beside the one that is there, over the same database, for the same tenant. */
export class FurtherServers {
  readonly callers: readonly HttpCaller[];
  readonly #servers: readonly Presage[];

  private constructor(servers: readonly Presage[], callers: readonly HttpCaller[]) {
    this.#servers = servers;
    this.callers = callers;
  }

  static async start(count: number, { directory, postgres, token }: Ground): Promise<FurtherServers> {
    const started = await Promise.all(
      Array.from({ length: count }, (_, nth) =>
        startServer(postgres.url, join(directory, `server-${nth + 2}`)),
      ),
    );
    return new FurtherServers(
      started.map(({ server }) => server),
      started.map(({ port }) => new HttpCaller(port, token, CALLER_CONNECTIONS)),
    );
  }

  async stop(): Promise<void> {
    for (const caller of this.callers) caller.close();
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}

async function startServer(databaseUrl: string, dataDir: string): Promise<{ server: Presage; port: number }> {
  const port = await freePort();
  const server = new Presage(['serve', '--port', String(port), '--data-dir', dataDir, '--collect', 'none'], {
    DATABASE_URL: databaseUrl,
    PRESAGE_LOG_LEVEL: 'info',
  });
  await server.start('Presage is ready');
  return { server, port };
}
