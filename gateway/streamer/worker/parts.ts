import type { Logger } from '../../logger.ts';
import type { Broker, LogReader, Meters } from '../../ports.ts';
import type { RedisConnections } from '../../redis/connections.ts';
import type { GatewaySettings } from '../../settings.ts';
import type { Counters } from '../../stats.ts';
import type { Intakes } from '../intakes.ts';

export interface StreamerWorkerParts {
  readonly redis: RedisConnections;
  readonly log: LogReader;
  readonly broker: Broker;
  readonly logger: Logger;
  readonly settings: GatewaySettings;
  readonly counters: Counters;
  readonly meters?: Meters | undefined;
}

export interface GatewayWorkParts extends StreamerWorkerParts {
  readonly gatewayId: string;
  readonly intakes: Intakes;
  /** What the lease's key holds while the lease is this work's. */
  readonly lease: string;
  readonly epoch: number;
  /** The lease is lost, or the work can't go on: somebody has to begin anew. */
  readonly onLost: () => void;
}
