import { PresageError } from '../../../../schema/errors.ts';
import type { Domain } from '../../../domain/domain.ts';
import { ALICE, ALICE_TOKEN, type MemoryStore } from './store.ts';

const LIMITS = { observationsPerMinute: 1_000, predictionsPerMinute: 1_000, streams: 10 };

export function memoryPeers(store: MemoryStore): Domain['peers'] {
  return {
    challenge: async () => ({ challenge: 'sign me', expiresAt: 1_700_000_000_000 }),
    authenticate: async () => session(store),
    refresh: async () => session(store),
    verify: async (token) => {
      if (token !== ALICE_TOKEN)
        throw new PresageError('UNAUTHENTICATED', 'This is no token of this server.');
      return { actor: store.actor, expiresAt: Date.now() + 60_000 };
    },
    find: async (_tenant, publicKey) => (publicKey === ALICE ? store.alice : undefined),
    standing: async (_tenant, publicKey) =>
      publicKey === ALICE ? { peer: store.alice, limits: LIMITS, installation: false } : undefined,
    hear: () => undefined,
  };
}

function session({ alice }: MemoryStore) {
  return { accessToken: ALICE_TOKEN, refreshToken: 'next', expiresIn: 900, peer: alice };
}
