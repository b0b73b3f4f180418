import type pg from 'pg';
import type { Logger } from 'pino';
import type { Gateway } from '../../gateway/gateway.ts';
import type { RedisConnections } from '../../gateway/redis/connections.ts';
import { databaseTrouble } from '../../server/domain/log/unavailable.ts';
import type { NotReady, Readiness } from '../../server/graphql/health.ts';

/** How long the database may take to answer, in ms. */
const PATIENCE_MS = 2_000;

/**
 * Ready when the database answers. `others` are asked too. Anybody may ask, so the answer names no host, user or database:
 * what the database or its driver said is logged, once for as long as it is the same.
 */
export function readinessOf(
  pool: Pick<pg.Pool, 'query'>,
  logger: Pick<Logger, 'warn'>,
  others: readonly (() => NotReady | null)[] = [],
): Readiness {
  let logged = '';
  const explain = (error: Error): string => {
    if (error.message !== logged) logger.warn({ err: error }, 'the database is not ready');
    logged = error.message;
    return databaseTrouble(error) ?? 'The database does not answer as it should: the log says why';
  };
  return async () => {
    const found = others.map((ask) => ask()).filter((one) => one !== null);
    // By a name: behind a pooler that has come to give sessions away it is not there any more.
    const answer = pool.query({ name: 'ready', text: 'SELECT 1' }).then(() => {
      logged = '';
      return undefined;
    }, explain);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`no answer for ${PATIENCE_MS} ms`), PATIENCE_MS);
    });
    const reason = await Promise.race([answer, patience]);
    clearTimeout(timer);
    return reason === undefined ? found : [{ part: 'database', reason }, ...found];
  };
}

/** Redis being away costs time, and nothing else; so does one that refuses or forgets what it is given. */
export function redisHealth(
  redis: Pick<RedisConnections, 'isReady' | 'trouble' | 'settings'>,
): () => NotReady | null {
  return () => {
    const { trouble, isReady, settings } = redis;
    if (trouble !== null) return { part: 'redis', reason: trouble, serves: true };
    const reason = `does not answer; subscribers get what is written within ${settings.pollMs} ms or so`;
    return isReady ? null : { part: 'redis', reason, serves: true };
  };
}

/** Says that subscriptions are fed more slowly, and why. */
export function gatewayHealth(gateway: Pick<Gateway, 'pollingBecause'>): NotReady | null {
  const reason = gateway.pollingBecause;
  return reason === null
    ? null
    : { part: 'subscriptions', reason: `are fed by polling the database: ${reason}`, serves: true };
}
