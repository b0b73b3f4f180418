import { setMaxListeners } from 'node:events';
import { createServer } from 'node:http';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub, filter, type PubSubEventTarget, pipe } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import {
  boundOf,
  type Filters,
  listening,
  nextEvent,
  PEER_QUERY,
  PEER_SDL,
  type Peer,
  type PeerEvent,
  subscribeMessage,
  until,
} from './peer.ts';

interface Published extends Record<string, [PeerEvent]> {
  readonly observation: [PeerEvent];
}

/** The usual stack: graphql-ws over yoga's in-memory pub/sub, filtered as its documentation has it. */
export async function yogaPeer(filters: Filters): Promise<Peer> {
  const eventTarget: PubSubEventTarget<Published> = new EventTarget();
  // One listener for each subscriber is what it is meant to have.
  setMaxListeners(0, eventTarget);
  const pubsub = createPubSub<Published>({ eventTarget });
  let subscriptions = 0;
  const schema = buildSchema(PEER_SDL);
  const fields = schema.getSubscriptionType()?.getFields();
  if (!fields?.observations) throw new Error('the schema has no subscription');
  fields.observations.subscribe = (_root, { bound }) => {
    subscriptions += 1;
    const atLeast = Number(bound);
    return pipe(
      pubsub.subscribe('observation'),
      filter(({ observation }: PeerEvent) => Number(observation.value) >= atLeast),
    );
  };
  fields.observations.resolve = (event) => event;
  const server = createServer();
  const sockets = new WebSocketServer({ server, path: '/graphql', perMessageDeflate: false });
  const using = useServer({ schema }, sockets);
  let position = 0;
  return {
    port: await listening(server),
    path: '/graphql',
    subprotocol: 'graphql-transport-ws',
    subscribe: subscribeMessage(PEER_QUERY, boundOf(filters)),
    subscribed: (count) => until(() => subscriptions === count),
    publish: () => {
      position += 1;
      pubsub.publish('observation', nextEvent(position));
    },
    stop: async () => {
      await using.dispose();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
