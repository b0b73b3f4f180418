import type pg from 'pg';

/**
 * How long who has the turn may say nothing to the database, in ms. The database ends its connection then, and with that
 * its turn: a process that has stopped holds nobody up for longer.
 */
export const SILENCE_MS = 1_000;

const LOCK = (scope: string) => `pg_advisory${scope}_lock(hashtextextended('presage turn ' || $1, 0))`;

/**
 * Takes the turn that the processes which write to a tenant's log share, in the order in which they ask for it, until
 * `endTurn` or the end of the connection. It keeps writers from overtaking one another; it does not guard the log, which
 * the head does. Rejects if the connection breaks: throw it away then.
 */
export async function takeTurn(client: pg.PoolClient, tenant: string): Promise<void> {
  await client.query({
    name: 'take-turn',
    text: `SELECT ${LOCK('')}, set_config('idle_session_timeout', '${SILENCE_MS}', false)`,
    values: [tenant],
  });
}

/** Hands the turn to whoever has waited longest. */
export async function endTurn(client: pg.PoolClient, tenant: string): Promise<void> {
  await client.query({
    name: 'end-turn',
    text: `SELECT pg_advisory_unlock(hashtextextended('presage turn ' || $1, 0)),
                  set_config('idle_session_timeout', NULL, false)`,
    values: [tenant],
  });
}

/** The same turn until the end of the transaction. */
export async function takeTurnInTransaction(client: pg.PoolClient, tenant: string): Promise<void> {
  await client.query({ name: 'turn-of-transaction', text: `SELECT ${LOCK('_xact')}`, values: [tenant] });
}
