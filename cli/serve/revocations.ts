import type { Gateway } from '../../gateway/gateway.ts';
import type { Logger } from '../../gateway/logger.ts';
import type { PeerName } from '../../gateway/ports.ts';
import type { Control } from '../../server/domain/control/control.ts';
import type { Peers } from '../../server/domain/peer/peers.ts';

/** Closes the connections of peers that are revoked, wherever that was done. Gives what stops it. */
export function closeRevoked(
  control: Pick<Control, 'listen'>,
  gateway: Pick<Gateway, 'peers' | 'disconnect'>,
  peers: Pick<Peers, 'standing'>,
  logger: Logger,
): () => void {
  const check = async (peer: PeerName): Promise<void> => {
    if (!(await peers.standing(peer.tenant, peer.publicKey))) gateway.disconnect(peer);
  };
  return control.listen((event) => {
    const connected = gateway.peers();
    const concerned =
      event.kind === 'everything'
        ? connected
        : connected.filter((peer) => peer.tenant === event.tenant && peer.publicKey === event.publicKey);
    // What could not be asked now is announced again at the next poll.
    for (const peer of concerned) {
      check(peer).catch((error: unknown) => logger.warn({ err: error }, 'a peer could not be looked up'));
    }
  });
}
