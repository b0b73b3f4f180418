import { PredictionAtServerDocument } from '../../schema/generated/graphql.ts';
import type { Logger } from '../logger.ts';
import type { Store } from '../storage/store.ts';
import type { Server } from './server.ts';

interface Looking {
  readonly store: Store;
  readonly server: Server;
  /** The neuron's own public key. */
  readonly peer: string;
  readonly logger: Logger;
}

/**
 * Asks whether the server still has the prediction that it took last. A log goes back from its end: with that one it has all of
 * them, and without it those whose targets are still open go back to the outbox. Gives how many.
 */
export async function recallLost({ store, server, peer, logger }: Looking): Promise<number> {
  const last = store.predictions.lastTaken();
  if (!last) return 0;
  const { node } = await server.request(PredictionAtServerDocument, { id: last.serverId });
  const isThere =
    node?.__typename === 'Prediction' &&
    node.peer.publicKey === peer &&
    node.stream.uuid === last.streamUuid &&
    node.horizon === last.horizon;
  if (isThere) return 0;
  const reopened = store.predictions.reopen([]);
  logger.warn(
    { reopened },
    'the server has lost predictions that it took; those of open targets are sent again',
  );
  return reopened;
}
