import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../server/storage/embedded-postgres.ts';

/** A PostgreSQL of a test's own. */
export interface TestPostgres {
  readonly url: string;
  /** Breaks every connection, as a restart does. Gives where it is then. What is to be done while it is stopped can't be on a given server. */
  restart(whileStopped?: () => Promise<unknown>): Promise<string>;
  stop(): Promise<void>;
}

/** Whether tests run on a server that somebody else may use, too. */
export const IS_GIVEN_POSTGRES = process.env.TEST_DATABASE_URL !== undefined;

/**
 * The embedded one in `directory`, or a database of its own on the server that `TEST_DATABASE_URL` leads to: an older
 * one, one behind a pooler, one that is set up otherwise. Its user has to be one that may make databases.
 */
export async function startTestPostgres(directory: string): Promise<TestPostgres> {
  const given = process.env.TEST_DATABASE_URL;
  return given === undefined ? startEmbedded(directory) : startOn(given);
}

async function startEmbedded(directory: string): Promise<TestPostgres> {
  let postgres = await startEmbeddedPostgres(directory);
  return {
    url: postgres.url,
    restart: async (whileStopped) => {
      await postgres.stop();
      await whileStopped?.();
      postgres = await startEmbeddedPostgres(directory);
      return postgres.url;
    },
    stop: () => postgres.stop(),
  };
}

async function startOn(server: string): Promise<TestPostgres> {
  const name = `presage_test_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await run(server, `CREATE DATABASE ${name}`);
  return {
    url: url.href,
    restart: async () => {
      await run(server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
      return url.href;
    },
    stop: () => run(server, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
