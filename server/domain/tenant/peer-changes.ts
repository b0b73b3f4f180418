import type { Peer as PeerRow } from '../../../prisma/client/client.ts';
import { PresageError } from '../../../schema/errors.ts';
import type { Database } from '../../storage/database.ts';
import { checkPeerName } from '../peer/peer-name.ts';
import type { PeerChange } from './tenants.ts';

const MAX_LIMIT = 2_000_000_000;

/**
 * Changes a peer's row and stamps the change, which is how every process finds it. Who is revoked loses the refresh
 * tokens in the same transaction; a restored peer has to sign in again. `undefined` if there is no such peer.
 * Throws `BAD_INPUT`.
 */
export async function changePeer(
  { prisma }: Pick<Database, 'prisma'>,
  tenant: string,
  publicKey: string,
  change: PeerChange,
): Promise<PeerRow | undefined> {
  const data = columnsOf(change);
  return prisma.$transaction(async (transaction) => {
    const { count } = await transaction.peer.updateMany({ where: { tenant, publicKey }, data });
    if (count === 0) return undefined;
    // The database's clock, which the poll compares with.
    await transaction.$executeRaw`UPDATE peers SET changed_at = clock_timestamp()
       WHERE tenant = ${tenant} AND public_key = ${publicKey}`;
    const row = await transaction.peer.findFirst({ where: { tenant, publicKey } });
    if (row && (change.kind === 'revoke' || change.kind === 'restore')) {
      await transaction.refreshToken.deleteMany({ where: { peerId: row.id } });
    }
    return row ?? undefined;
  });
}

function columnsOf(change: PeerChange) {
  switch (change.kind) {
    case 'name':
      return { name: checkPeerName(change.name) };
    case 'role':
      return { role: change.role };
    case 'revoke':
      return { revokedAt: new Date(), tokensAfter: new Date() };
    case 'restore':
      return { revokedAt: null };
    case 'limits': {
      const { observationsPerMinute, predictionsPerMinute, streams } = change.limits;
      return {
        ...(observationsPerMinute === undefined
          ? {}
          : { observationsPerMinute: limit(observationsPerMinute) }),
        ...(predictionsPerMinute === undefined ? {} : { predictionsPerMinute: limit(predictionsPerMinute) }),
        ...(streams === undefined ? {} : { maxStreams: limit(streams) }),
      };
    }
  }
}

function limit(value: number | null): number | null {
  if (value === null || (Number.isInteger(value) && value >= 0 && value <= MAX_LIMIT)) return value;
  throw new PresageError('BAD_INPUT', `A limit is a whole number from 0 to ${MAX_LIMIT}, not ${value}.`);
}
