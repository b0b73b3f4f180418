import fastify from 'fastify';
import mercurius from 'mercurius';
import {
  boundOf,
  type Filters,
  nextEvent,
  PEER_QUERY,
  PEER_SDL,
  type Peer,
  type PeerEvent,
  portOf,
  subscribeMessage,
  until,
} from './peer.ts';

/** Mercurius on Fastify with its own pub/sub and filter. */
export async function mercuriusPeer(filters: Filters): Promise<Peer> {
  const app = fastify();
  let subscriptions = 0;
  await app.register(mercurius, {
    schema: PEER_SDL,
    jit: 1,
    subscription: true,
    resolvers: {
      Subscription: {
        observations: {
          subscribe: mercurius.withFilter(
            (_root, _given, { pubsub }) => {
              subscriptions += 1;
              return pubsub.subscribe('observation');
            },
            ({ observations }: { observations: PeerEvent }, { bound }: { bound: string }) =>
              Number(observations.observation.value) >= Number(bound),
          ),
        },
      },
    },
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  let position = 0;
  return {
    port: portOf(app.server),
    path: '/graphql',
    subprotocol: 'graphql-transport-ws',
    subscribe: subscribeMessage(PEER_QUERY, boundOf(filters)),
    subscribed: (count) => until(() => subscriptions === count),
    publish: () => {
      position += 1;
      app.graphql.pubsub.publish({ topic: 'observation', payload: { observations: nextEvent(position) } });
    },
    stop: () => app.close(),
  };
}
