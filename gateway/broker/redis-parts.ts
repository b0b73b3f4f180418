import type { Logger } from '../logger.ts';
import type { LogReader } from '../ports.ts';
import type { RedisConnections } from '../redis/connections.ts';

export interface RedisBrokerParts {
  readonly redis: RedisConnections;
  /** What a crashed process committed and did not publish is read from here. */
  readonly log: LogReader;
  readonly logger: Logger;
}
