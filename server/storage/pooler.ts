import pg from 'pg';
import { CONNECTION_TIMEOUT_MS } from './connection-timeout.ts';
import { noSession, patiently } from './session.ts';

/** How often is looked: on a busy pooler two transactions may have the same session by chance. */
const ROUNDS = 5;

/**
 * Makes sure that a connection keeps its session while others are busy, as a pooler of transactions doesn't: it gives
 * away what is idle between two of them. Throws `StorageError` that says what to do.
 */
export async function ensureSessions(client: pg.ClientBase, url: string): Promise<void> {
  const backend = await backendOf(client);
  if (Reflect.get(client, 'processID') === backend) return;
  const other = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    query_timeout: CONNECTION_TIMEOUT_MS,
    application_name: 'presage probe',
  });
  // Without a listener a connection that breaks later would end the process.
  other.on('error', () => undefined);
  try {
    await other.connect();
    for (let round = 0; round < ROUNDS; round += 1) {
      await patiently(other.query('BEGIN')).catch(explainRefusal);
      if ((await backendOf(other)) === backend || (await backendOf(client)) !== backend) throw noSession();
      await other.query('ROLLBACK');
    }
  } finally {
    await other.end();
  }
}

/** A pooler of single statements takes no transaction at all. */
function explainRefusal(error: unknown): never {
  throw error instanceof pg.DatabaseError ? noSession() : error;
}

async function backendOf(client: pg.ClientBase): Promise<number | undefined> {
  const { rows } = await client.query<{ backend: number }>('SELECT pg_backend_pid() AS backend');
  return rows[0]?.backend;
}
