import type { ClientBase } from 'pg';
import { CONNECTION_TIMEOUT_MS } from './connection-timeout.ts';
import { StorageError } from './errors.ts';

/** Settings of PostgreSQL by name, as a session begins with them. */
export type SessionSettings = Readonly<Record<string, string | number>>;

/** What the driver reads texts by, and what transactions count on, however the server, the database or the user is set up. */
const ALWAYS: SessionSettings = {
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: 1,
  default_transaction_isolation: 'read committed',
};

/** A session of PostgreSQL's that a connection has for as long as it lasts. */
export interface Session {
  /** PostgreSQL's process. */
  readonly backend: number;
  /** Whether there is a pooler in between: it gives its clients ids of its own. */
  readonly isPooled: boolean;
}

/**
 * Begins a session with `settings`, before its first statement. They are statements and no start-up parameters, which
 * poolers refuse, or leave out where they are told to. Of what another client of a pooler may have left nothing stays.
 * Throws `StorageError` if the connection has no session of its own, or if none is free.
 */
export async function beginSession(client: ClientBase, settings: SessionSettings = {}): Promise<Session> {
  const backend = await apply(client, settings);
  const isPooled = Reflect.get(client, 'processID') !== backend;
  if (!isPooled) return { backend, isPooled };
  await client.query('DISCARD ALL');
  expectSame(backend, await apply(client, settings));
  return { backend, isPooled };
}

/** Throws if a connection's session has become another one. */
export function expectSame(backend: number, now: number | undefined): void {
  if (now !== backend) throw noSession();
}

export const noSession = (): StorageError =>
  new StorageError(
    'The database is behind a pooler that gives each transaction another session (pool_mode = transaction or statement in PgBouncer), and Presage needs sessions that stay: for locks, notifications, prepared statements and the wall between tenants. Let DATABASE_URL lead to PostgreSQL itself, or to a pool with pool_mode = session.',
  );

async function apply(client: ClientBase, settings: SessionSettings): Promise<number> {
  const all = Object.entries({ ...ALWAYS, ...settings });
  const calls = all.map((_, index) => `set_config($${2 * index + 1}, $${2 * index + 2}, false)`);
  const { rows } = await patiently(
    client.query<{ backend: number }>({
      text: `SELECT pg_backend_pid() AS backend, ${calls.join(', ')}`,
      values: all.flatMap(([name, value]) => [name, String(value)]),
      // A pooler takes every client, and lets it wait here for one of the connections that it has.
      ...{ query_timeout: CONNECTION_TIMEOUT_MS },
    }),
  );
  return rows[0]?.backend ?? 0;
}

/** Waits for an answer; what takes too long waits for a session. */
export async function patiently<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof Error) || error.message !== 'Query read timeout') throw error;
    throw new StorageError(
      `The database gave no session for ${CONNECTION_TIMEOUT_MS / 1_000} s: check that it is well. A pooler needs room for PRESAGE_DATABASE_POOL_SIZE + 2 connections of each server process (default_pool_size in PgBouncer).`,
      { cause: error },
    );
  }
}
