import { type AnyVariables, Client, subscriptionExchange, type TypedDocumentNode } from '@urql/core';
import {
  FollowObservationsDocument,
  type FollowObservationsSubscription,
  type FollowObservationsSubscriptionVariables,
} from '../../schema/generated/graphql.ts';
import { isRefusal, ServerUnreachable, serverError } from './server-errors.ts';
import type { Session } from './session.ts';
import { createSocket, forwardTo } from './socket.ts';
import type { Transport } from './transport.ts';

export type ObservationEvent = FollowObservationsSubscription['observations'];

type OnEvent = (event: ObservationEvent) => Promise<void> | undefined;

/** The server as the rest of the neuron sees it: signed in, and asked in typed documents. */
export interface Server {
  /** As `Transport.request`, as this peer: a token that has expired is renewed and the same request made again. */
  request<Data, Variables extends AnyVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data>;
  /**
   * Follows the log on a connection of its own until `signal` is aborted. Where `onEvent` gives a promise, little more
   * comes until that has settled. Whatever else ends it is thrown: `ServerRefusal` or `ServerUnreachable`.
   */
  follow(
    variables: FollowObservationsSubscriptionVariables,
    onEvent: OnEvent,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface ServerOptions {
  /** The GraphQL endpoint, `http(s)://…/graphql`. */
  readonly url: string;
  readonly transport: Transport;
  readonly session: Session;
  readonly keepAliveMs: number;
  readonly timeoutMs: number;
}

export function createServer({ url, transport, session, keepAliveMs, timeoutMs }: ServerOptions): Server {
  return {
    request: async (document, variables) => {
      const token = await session.token();
      try {
        return await transport.request(document, variables, token);
      } catch (error) {
        if (!isRefusal(error, 'UNAUTHENTICATED')) throw error;
        session.refused(token);
        return await transport.request(document, variables, await session.token());
      }
    },
    follow: async (variables, onEvent, signal) => {
      const socketUrl = url.replace(/^http/, 'ws');
      // Signing in here, not in the handshake, keeps the server's reason if it refuses.
      const token = await session.token();
      if (signal.aborted) return;
      const socket = createSocket({ url: socketUrl, token: () => session.token(), keepAliveMs, timeoutMs });
      const client = new Client({
        url,
        exchanges: [subscriptionExchange({ forwardSubscription: forwardTo(socket.client) })],
        preferGetMethod: false,
      });
      try {
        const take = (event: ObservationEvent) => {
          const room = onEvent(event);
          if (room) socket.waitFor(room);
        };
        await run(client, variables, take, signal);
      } catch (error) {
        if (isRefusal(error, 'UNAUTHENTICATED')) session.refused(token);
        throw error;
      } finally {
        // Not waited for: a connection that is being made may take its whole timeout to give up.
        Promise.resolve(socket.client.dispose()).catch(() => undefined);
      }
    },
  };
}

/** One subscription, from its start to its end. */
function run(
  client: Client,
  variables: FollowObservationsSubscriptionVariables,
  onEvent: (event: ObservationEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', stop);
      subscription.unsubscribe();
      settle();
    };
    const stop = () => end(resolve);
    const subscription = client
      .subscription(FollowObservationsDocument, variables)
      .subscribe(({ data, error }) => {
        if (error) return end(() => reject(reasonOf(error)));
        if (!data) return end(() => reject(new ServerUnreachable('The server sent an event without data.')));
        try {
          onEvent(data.observations);
        } catch (failure) {
          end(() => reject(failure));
        }
      });
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** The socket's own errors say more than urql's wrapping of them. */
function reasonOf(error: Parameters<typeof serverError>[0]): Error {
  const { networkError } = error;
  return networkError?.name === 'ServerRefusal' || networkError?.name === 'ServerUnreachable'
    ? networkError
    : serverError(error);
}
