import type { SubscriptionForwarder } from '@urql/core';
import { type Client, createClient, TerminatedCloseEvent } from 'graphql-ws';
import { WebSocket } from 'ws';
import { failureReason } from '../../schema/failure-reason.ts';
import { ServerRefusal, ServerUnreachable } from './server-errors.ts';

/** Close codes of graphql-transport-ws that say the token is no good: 4401 Unauthorized, 4403 Forbidden. */
const TOKEN_CLOSE_CODES: readonly number[] = [4401, 4403];

export interface SocketOptions {
  readonly url: string;
  /** Gives a token that has not expired. */
  readonly token: () => Promise<string>;
  readonly keepAliveMs: number;
  /** After this many ms without an answer a connection attempt has failed. */
  readonly timeoutMs: number;
}

export interface Socket {
  readonly client: Client;
  /** Reads nothing more until this has settled, beyond the few messages that are in memory by now. */
  waitFor(room: Promise<void>): void;
}

/** A graphql-ws client that tries once: resuming is the feed's affair, which knows the cursor to resume from. */
export function createSocket({ url, token, keepAliveMs, timeoutMs }: SocketOptions): Socket {
  let silence: NodeJS.Timeout | undefined;
  let connection: WebSocket | undefined;
  let renewing: NodeJS.Timeout | undefined;
  let known: string | undefined;
  /** Tells the server of a token that has been renewed since: the connection outlives the one it was made with. */
  const renew = async () => {
    const accessToken = await token();
    if (accessToken === known || connection?.readyState !== WebSocket.OPEN) return;
    known = accessToken;
    connection.send(JSON.stringify({ type: 'ping', payload: { accessToken } }));
  };
  const client = createClient({
    url,
    webSocketImpl: class extends WebSocket {
      constructor(address: string | URL, protocols?: string | string[]) {
        super(address, protocols, { handshakeTimeout: timeoutMs });
        connection = this;
      }
    },
    connectionAckWaitTimeout: timeoutMs,
    retryAttempts: 0,
    connectionParams: async () => {
      known = await token();
      return { accessToken: known };
    },
    keepAlive: keepAliveMs,
    on: {
      // A peer that vanished without a word never closes the socket; an unanswered ping does it instead.
      ping: (received) => {
        if (received) return;
        clearTimeout(silence);
        silence = setTimeout(() => client.terminate(), keepAliveMs);
      },
      pong: (received) => {
        if (received) clearTimeout(silence);
      },
      connected: () => {
        // Where a new one is not to be had, the server closes with 4470 in the end, and the log is followed anew.
        renewing = setInterval(() => void renew().catch(() => undefined), keepAliveMs / 2);
      },
      closed: () => {
        clearTimeout(silence);
        clearInterval(renewing);
      },
    },
  });
  return {
    client,
    waitFor: (room) => {
      if (connection?.isPaused !== false) return;
      connection.pause();
      const paused = connection;
      room.finally(() => paused.resume());
    },
  };
}

/** Hands urql's subscriptions to the socket. A subscription that ends is a failure here: the log never does. */
export function forwardTo(client: Client): SubscriptionForwarder {
  return (request) => ({
    subscribe: (observer) => ({
      unsubscribe: client.subscribe(
        { query: request.query ?? '', variables: request.variables ?? {} },
        {
          next: ({ data = null, errors }) => observer.next(errors ? { data, errors: [...errors] } : { data }),
          error: (error) => observer.error(Array.isArray(error) ? error : socketError(error)),
          complete: () => observer.error(new ServerUnreachable('The server ended the subscription.')),
        },
      ),
    }),
  });
}

function socketError(error: unknown): Error {
  if (error instanceof TerminatedCloseEvent) return new ServerUnreachable('The connection went silent.');
  if (error instanceof Error) return error;
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number') {
    const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : '';
    const message = `The connection was closed (${error.code} ${reason}).`;
    if (TOKEN_CLOSE_CODES.includes(error.code)) return new ServerRefusal('UNAUTHENTICATED', message);
    return new ServerUnreachable(message);
  }
  return new ServerUnreachable(`The connection failed: ${failureReason(error)}`);
}
