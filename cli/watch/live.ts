import { setTimeout as pause } from 'node:timers/promises';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { PresageError } from '../../schema/errors.ts';
import { readAnswer } from '../client/answer.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import type { Operation } from '../client/operation.ts';
import type { WatchedEvent, WatchVariables } from '../client/operations.ts';
import { pauseBefore } from '../client/retry.ts';
import { ResumePoint } from './resume-point.ts';
import { socketFailure } from './socket-failure.ts';

/** A silent connection is asked whether it lives this often, and given up after another half of it, in ms. */
const KEEP_ALIVE_MS = 10_000;

/** What every event has that is watched. */
type LiveEvent = Pick<WatchedEvent, 'type' | 'cursor'>;

export interface LiveOptions<R, E extends LiveEvent> {
  readonly client: GraphqlClient;
  /** The subscription, and where its answer has the event. */
  readonly operation: Operation<R, WatchVariables>;
  readonly eventOf: (answer: R) => E;
  readonly variables: WatchVariables;
  readonly onEvent: (event: E) => void;
  /** Told in words when the connection is lost and found. */
  readonly onNotice: (notice: string) => void;
  /** Ends the watching. */
  readonly signal: AbortSignal;
  /** Pauses between attempts to connect again, in ms. @default 250 to 15000 */
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
}

/**
 * Hands over events until the signal, across disconnects: each new connection goes on after the last event seen.
 * Throws if the server can't be reached at first, or refuses what is asked.
 */
export async function watchLive<R, E extends LiveEvent>(options: LiveOptions<R, E>): Promise<void> {
  const { client, signal, onNotice, backoff = { firstMs: 250, maxMs: 15_000 } } = options;
  const point = new ResumePoint(options.variables);
  let failures = 0;
  let signedIn = false;
  let everConnected = false;
  while (!signal.aborted) {
    try {
      await connectOnce(options, point, () => {
        if (failures > 0) onNotice('Connected again.');
        everConnected = true;
        failures = 0;
        signedIn = false;
      });
      if (signal.aborted) return;
      throw new PresageError('UNAVAILABLE', 'The server ended the subscription.');
    } catch (thrown) {
      if (signal.aborted) return;
      const failure = socketFailure(client.url, thrown);
      if (failure.code === 'UNAUTHENTICATED' && !signedIn) {
        signedIn = true;
        await client.signIn();
        continue;
      }
      if (failure.code !== 'UNAVAILABLE' || !everConnected) throw failure;
      failures += 1;
      if (failures === 1) onNotice(`${failure.message.split(';', 1)[0]}; connecting again …`);
      await pause(pauseBefore(failures, backoff), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** One connection, from connecting to its end. Throws what ended it. */
async function connectOnce<R, E extends LiveEvent>(
  options: LiveOptions<R, E>,
  point: ResumePoint,
  onConnected: () => void,
): Promise<void> {
  const { operation } = options;
  const socket = openClient(options.client, onConnected);
  const events = socket.iterate({ query: operation.text, variables: { ...point.variables } });
  const stop = (): void => void events.return?.();
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const answer of events) {
      const event = options.eventOf(readAnswer(operation.result, answer));
      if (event.type !== 'READY') options.onEvent(event);
      point.passed(event);
    }
  } finally {
    options.signal.removeEventListener('abort', stop);
    await socket.dispose();
  }
}

function openClient(client: GraphqlClient, onConnected: () => void): Client {
  let silence: NodeJS.Timeout | undefined;
  const socket: Client = createClient({
    url: client.url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    keepAlive: KEEP_ALIVE_MS,
    connectionParams: async () => {
      await client.enter();
      return client.accessToken === null ? {} : { accessToken: client.accessToken };
    },
    on: {
      connected: onConnected,
      ping: (received) => {
        if (!received) silence = setTimeout(() => socket.terminate(), KEEP_ALIVE_MS / 2);
      },
      pong: (received) => {
        if (received) clearTimeout(silence);
      },
      closed: () => clearTimeout(silence),
    },
  });
  return socket;
}
