import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import { eventFrame } from '../event-stream/event-stream.ts';
import {
  StreamConnection,
  type StreamParts,
  type StreamProtocol,
} from '../event-stream/stream-connection.ts';
import { answerOtherMethods } from '../http/methods.ts';
import { refusalAnswer } from '../http/refusal-answer.ts';
import { refuseTokenInUrl } from '../http/request-url.ts';
import { framesOf, RENDERINGS } from './rendering.ts';
import { readFollowRequest } from './request.ts';

const PROTOCOL: StreamProtocol = { transport: 'eventsource', failure: failureFrame };

/** Plain `EventSource`: a topic and a filter in the URL, `id:` is the cursor, so that a browser resumes by itself. */
export class EventSourceServer {
  readonly #parts: StreamParts;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    if (answerOtherMethods(request, response, ['GET'])) return;
    const connection = new StreamConnection(this.#parts, PROTOCOL, request, response);
    this.#follow(connection, request).catch((error: unknown) => refuse(connection, error));
  }

  async #follow(connection: StreamConnection, request: IncomingMessage): Promise<void> {
    const { engine } = this.#parts;
    refuseTokenInUrl(request, engine.counters.refusals);
    const asked = readFollowRequest(request);
    await connection.authenticate();
    const identity = connection.join();
    const rendering = RENDERINGS[asked.topic];
    const subscription = engine.follow(
      {
        // `READY` is the first frame in any case: until it the failure of a cursor can be told by the status.
        asked: { ...asked, ready: true },
        request: { query: rendering.query },
        name: asked.ready ? 'eventsource' : 'eventsource without ready',
        encode: framesOf(rendering, asked.ready, engine.timelines),
      },
      identity,
      {
        outbox: connection.outbox,
        frame: (frame) => frame,
        onFailure: (error) => refuse(connection, error),
      },
    );
    connection.runs(() => subscription.end());
  }
}

/**
 * A browser never comes back after a status that is not 200. So only what another attempt would repeat is told by the
 * status; after anything else the stream ends, and the client resumes by itself.
 */
function refuse(connection: StreamConnection, error: unknown): void {
  if (refusalAnswer(error).status < 500) connection.refuse(error);
  else connection.fail(error);
}

function failureFrame(errors: readonly GraphQLFormattedError[]): Buffer {
  const { message, extensions } = errors[0] ?? {};
  return eventFrame('failure', JSON.stringify({ message, ...extensions }));
}
