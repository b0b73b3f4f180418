import type { Peer as PeerRow } from '../../../prisma/client/client.ts';
import type { PeerDocument } from '../../../schema/log-entry.ts';
import type { PeerLimits } from '../actor.ts';
import type { PeerRules } from './settings.ts';

/** A peer by its row. Operators of the installation are so in every tenant, whatever the row says. */
export function toPeer(row: PeerRow, { operatorKeys }: PeerRules): PeerDocument {
  const { id, publicKey, name, createdAt } = row;
  const role = operatorKeys.includes(publicKey) ? 'OPERATOR' : row.role;
  return { id, publicKey, name, role, createdAt: createdAt.getTime() };
}

/** A peer's own limits, and the server's where it has none. */
export function toLimits(row: PeerRow, { limits }: PeerRules): PeerLimits {
  return {
    observationsPerMinute: row.observationsPerMinute ?? limits.observationsPerMinute,
    predictionsPerMinute: row.predictionsPerMinute ?? limits.predictionsPerMinute,
    streams: row.maxStreams ?? limits.streams,
  };
}
