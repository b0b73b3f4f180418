import type { Authenticate } from '../../gateway/ports.ts';
import { PresageError } from '../../schema/errors.ts';
import { explainFailure } from '../../server/domain/log/unavailable.ts';
import { DEFAULT_TENANT } from '../../server/domain/open-domain.ts';
import type { Peers } from '../../server/domain/peer/peers.ts';

/** Who a connection acts for: the peer of its token or, where reading is public, an anonymous reader. */
export function authenticator(peers: Peers, publicRead: boolean): Authenticate {
  return async (token, address) => {
    if (token !== null) {
      const { actor, expiresAt } = await peers.verify(token).catch((error: unknown) => {
        throw explainFailure(error);
      });
      return { tenant: actor.tenant, publicKey: actor.peer.publicKey, expiresAt, address };
    }
    if (publicRead) return { tenant: DEFAULT_TENANT, publicKey: null, expiresAt: null, address };
    throw new PresageError(
      'UNAUTHENTICATED',
      'This server wants a token; sign in with requestChallenge and authenticate, and give the access token.',
    );
  };
}
