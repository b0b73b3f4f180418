import type pg from 'pg';
import type { LogWriter } from '../log/log-writer.ts';
import { closeSessions } from './close-sessions.ts';
import { CLOCK } from './sql.ts';

/** Tenants that have active sessions whose heartbeat stopped so long ago, in ms. */
export async function tenantsToSweep(pool: pg.Pool, timeoutMs: number): Promise<readonly string[]> {
  const { rows } = await pool.query<{ tenant: string }>({
    name: 'lineage-stale',
    text: `SELECT DISTINCT c.tenant FROM collection_sessions c
            WHERE c.status = 'ACTIVE' AND c.heartbeat_at < ${CLOCK} - $1 * interval '1 millisecond'`,
    values: [timeoutMs],
  });
  return rows.map(({ tenant }) => tenant);
}

/**
 * Closes a tenant's sessions whose heartbeat stopped as failed, at their last heartbeat. Any number of processes may do
 * so at once: each session is closed by one of them. Gives how many were.
 */
export async function sweep(writer: LogWriter, tenant: string, timeoutMs: number): Promise<number> {
  return writer.append(tenant, async (append) => {
    const { entries, result } = await closeSessions(append, tenant, {
      which: `c.heartbeat_at < ${CLOCK} - $2 * interval '1 millisecond'`,
      ...{ values: [timeoutMs], status: 'FAILED', reason: 'Its heartbeat stopped.' },
    });
    return { entries, result: result.length };
  });
}
