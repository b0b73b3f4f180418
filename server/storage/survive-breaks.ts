import type pg from 'pg';

/**
 * A connection that breaks between two statements of whoever has taken it emits an error that ends the process if nobody
 * listens: the pool only does while the connection is idle. The next statement fails and says why, so that is enough.
 */
export function surviveBreaks(pool: pg.Pool): void {
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
  });
}
