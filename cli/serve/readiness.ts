import type pg from 'pg';
import type { Readiness } from '../../server/graphql/health.ts';

/** How long the database may take to answer, in ms. */
const PATIENCE_MS = 2_000;

/** Ready when the database answers. */
export function readinessOf(pool: pg.Pool): Readiness {
  return async () => {
    const answer = pool.query('SELECT 1').then(
      () => undefined,
      (error: Error) => error.message,
    );
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`no answer for ${PATIENCE_MS} ms`), PATIENCE_MS);
    });
    const reason = await Promise.race([answer, patience]);
    clearTimeout(timer);
    return reason === undefined ? [] : [{ part: 'database', reason }];
  };
}
