import type { Actor } from '../../server/domain/actor.ts';
import type { Peers } from '../../server/domain/peer/peers.ts';
import { publisherKey } from '../client/key-file.ts';

/** The peer that owns what this server collects: it signs in like any other, with a key in the data directory. */
export async function collectorActor(peers: Peers, keyFile: string): Promise<Actor> {
  const key = await publisherKey(keyFile);
  const { challenge } = await peers.challenge(key.publicKey);
  const signature = key.sign(challenge);
  const session = await peers.authenticate({
    ...{ publicKey: key.publicKey, challenge, signature },
    name: 'host collector',
  });
  return (await peers.verify(session.accessToken)).actor;
}
