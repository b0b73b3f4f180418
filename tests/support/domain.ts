import { PresageError } from '../../schema/errors.ts';
import type { Actor } from '../../server/domain/actor.ts';
import { type DomainSettings, type OpenDomain, openDomain } from '../../server/domain/open-domain.ts';
import { toPeer } from '../../server/domain/peer/peer-row.ts';
import type { Peers } from '../../server/domain/peer/peers.ts';
import { DEFAULT_PEER_RULES } from '../../server/domain/peer/settings.ts';
import type { Database } from '../../server/storage/database.ts';

const NO_LIMITS = { observationsPerMinute: 1e12, predictionsPerMinute: 1e12, streams: 1e12 };

/**
 * The domain without sign-in, which its own tests cover. `known` are peers that are not looked up at each call, as a
 * server does not look up those that it saw a moment ago.
 */
export function openTestDomain(
  database: Database,
  settings: Partial<DomainSettings> = {},
  known: ReadonlyMap<string, Actor> = new Map(),
): Promise<OpenDomain> {
  const refuse = async (): Promise<never> => {
    throw new PresageError('UNAUTHENTICATED', 'no sign-in in this test');
  };
  const peers: Peers = {
    challenge: refuse,
    authenticate: refuse,
    refresh: refuse,
    verify: refuse,
    find: async (tenant, publicKey) => {
      const row = await database.prisma.peer.findFirst({ where: { tenant, publicKey } });
      return row ? toPeer(row, DEFAULT_PEER_RULES) : undefined;
    },
    standing: async (tenant, publicKey) => {
      const actor = known.get(publicKey);
      if (actor) return { peer: actor.peer, limits: NO_LIMITS, installation: false };
      const row = await database.prisma.peer.findFirst({ where: { tenant, publicKey } });
      return row
        ? { peer: toPeer(row, DEFAULT_PEER_RULES), limits: NO_LIMITS, installation: false }
        : undefined;
    },
    hear: () => undefined,
  };
  return openDomain(
    database,
    peers,
    { maxFutureMs: 86_400_000, consensusDebounceMs: 0, ...settings },
    { error: () => undefined },
  );
}

/** A peer of the default tenant, made on first use. */
export async function makeActor({ prisma }: Database, name: string, tenant = 'default'): Promise<Actor> {
  const publicKey = Buffer.alloc(32, name).toString('base64url');
  const row = await prisma.peer.upsert({
    where: { tenant_publicKey: { tenant, publicKey } },
    create: { tenant, publicKey, name },
    update: {},
  });
  return {
    tenant,
    peer: { id: row.id, publicKey, name: row.name, role: row.role, createdAt: row.createdAt.getTime() },
  };
}
