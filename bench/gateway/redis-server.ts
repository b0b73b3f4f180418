import { findRedis } from '../../tests/support/redis.ts';

/** Where redis-server is. Throws where there is none, saying how to get it. */
export function requireRedis(): string {
  const found = findRedis();
  if (found) return found;
  throw new Error('This part of the bench needs redis-server (Debian: apt-get install redis-server).');
}
