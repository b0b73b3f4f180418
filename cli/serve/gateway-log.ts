import type { LogReader as GatewayLog } from '../../gateway/ports.ts';
import { PresageError } from '../../schema/errors.ts';
import type { LogReader } from '../../server/domain/log/log-reader.ts';

/** The server's log reader as the gateway's port. */
export function gatewayLog(reader: LogReader): GatewayLog {
  return {
    head: (tenant) => reader.head(tenant),
    read: (request) => reader.read(request),
    snapshot: async ({ tenant, topic, filter }) => {
      if (topic === 'observation') return reader.snapshot(tenant, filter);
      throw new PresageError(
        'BAD_INPUT',
        `There is no snapshot of the topic ${topic}; subscribe without it.`,
      );
    },
  };
}
