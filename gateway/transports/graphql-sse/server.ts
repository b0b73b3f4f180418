import type { IncomingMessage, ServerResponse } from 'node:http';
import { PresageError } from '../../../schema/errors.ts';
import { HttpRefusal } from '../../../schema/http-status.ts';
import { serialiseResult } from '../../cohort/serialise.ts';
import type { Executor, GraphQLRequest, Identity } from '../../ports.ts';
import { unexpectedErrorLog } from '../../request-errors.ts';
import {
  StreamConnection,
  type StreamParts,
  type StreamProtocol,
} from '../event-stream/stream-connection.ts';
import { answerOtherMethods } from '../http/methods.ts';
import { refuseTokenInUrl } from '../http/request-url.ts';
import { COMPLETE, failureFrames, nextFrame } from './frames.ts';
import { readOperation } from './operation-request.ts';

const PROTOCOL: StreamProtocol = { transport: 'graphql-sse', failure: failureFrames };
const METHODS = ['GET', 'POST'];
/** Of clients that begin with the single connection mode's reservation, or end an operation of it. */
const ONE_CONNECTION_AN_OPERATION =
  ' The single connection mode of graphql-sse is not spoken: leave singleConnection out, or use a WebSocket.';

export interface GraphqlSseParts extends StreamParts {
  readonly executor: Executor;
}

/** graphql-sse in its distinct connections mode, as PROTOCOL.md of enisdenjo/graphql-sse has it: one operation a request. */
export class GraphqlSseServer {
  readonly #parts: GraphqlSseParts;

  constructor(parts: GraphqlSseParts) {
    this.#parts = parts;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    if (answerOtherMethods(request, response, METHODS, ONE_CONNECTION_AN_OPERATION)) return;
    const connection = new StreamConnection(this.#parts, PROTOCOL, request, response);
    this.#answer(connection, request).catch((error: unknown) => connection.refuse(error));
  }

  async #answer(connection: StreamConnection, request: IncomingMessage): Promise<void> {
    const { engine, settings } = this.#parts;
    refuseTokenInUrl(request, engine.counters.refusals);
    checkAccept(request);
    await connection.authenticate();
    const asked = await readOperation(request, settings.maxMessageBytes);
    const identity = connection.join();
    // From here on the protocol wants errors in the stream, not in the status.
    connection.stream.open();
    this.#run(connection, asked, identity, request.method === 'GET').catch((error: unknown) =>
      connection.fail(error),
    );
  }

  async #run(
    connection: StreamConnection,
    asked: GraphQLRequest,
    identity: Identity,
    isGet: boolean,
  ): Promise<void> {
    const { engine, executor, logger } = this.#parts;
    const operation = executor.prepare(asked, identity);
    if (operation.kind === 'subscription') {
      const subscription = engine.subscribe(operation, asked, identity, {
        outbox: connection.outbox,
        frame: nextFrame,
        onFailure: (error) => connection.fail(error),
      });
      connection.runs(() => subscription.end());
      return;
    }
    if (isGet && operation.kind === 'mutation') {
      throw new PresageError('BAD_INPUT', 'A GET request changes nothing; send mutations by POST.');
    }
    const frame = executor
      .execute(operation, asked, identity)
      .then((result) => nextFrame(serialiseResult(result, unexpectedErrorLog(logger))));
    await connection.answer(frame, COMPLETE);
  }
}

function checkAccept({ headers }: IncomingMessage): void {
  const accept = headers.accept ?? '*/*';
  if (/text\/event-stream|text\/\*|\*\/\*/.test(accept)) return;
  throw new HttpRefusal(406, `The answer is text/event-stream, which "${accept}" does not accept.`);
}
