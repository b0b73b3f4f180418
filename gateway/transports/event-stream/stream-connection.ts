import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import { PresageError } from '../../../schema/errors.ts';
import { Outbox } from '../../delivery/outbox.ts';
import type { Engine } from '../../engine.ts';
import type { Logger } from '../../logger.ts';
import type { Authenticate, Identity } from '../../ports.ts';
import { type RefusalReason, refusalOf } from '../../refusals.ts';
import { unexpectedErrorLog } from '../../request-errors.ts';
import type { GatewaySettings } from '../../settings.ts';
import { Access, bearerOf } from '../access.ts';
import type { ClientConnection, Connections, Transport } from '../connections.ts';
import { CORS_HEADERS } from '../http/methods.ts';
import { refusalAnswer } from '../http/refusal-answer.ts';
import { Liveness } from '../liveness.ts';
import { EventStream, HEARTBEAT, retryFrame } from './event-stream.ts';

export interface StreamParts {
  readonly engine: Engine;
  readonly authenticate: Authenticate;
  readonly connections: Connections;
  readonly logger: Logger;
  readonly settings: GatewaySettings;
  readonly addressOf?: (request: IncomingMessage) => string | undefined;
}

/** How a protocol over event streams says that a stream ends by a failure: its last frames. */
export interface StreamProtocol {
  readonly transport: Transport;
  readonly failure: (errors: readonly GraphQLFormattedError[]) => Buffer;
}

/** One client's event stream: who it is, whether it still takes anything, and how it ends. It has one operation. */
export class StreamConnection implements ClientConnection {
  readonly transport: Transport;
  readonly address: string | undefined;
  readonly outbox: Outbox;
  readonly stream: EventStream;
  readonly #parts: StreamParts;
  readonly #protocol: StreamProtocol;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #access: Access;
  readonly #liveness: Liveness;
  #stop: () => void = () => undefined;
  #isAnswering = false;
  #leaving: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(
    parts: StreamParts,
    protocol: StreamProtocol,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    const { settings, authenticate, addressOf } = parts;
    this.#parts = parts;
    this.#protocol = protocol;
    this.#request = request;
    this.#response = response;
    this.transport = protocol.transport;
    this.address = addressOf?.(request);
    this.stream = new EventStream(response, settings.closeGraceMs);
    this.outbox = new Outbox(this.stream, parts.engine.budget, parts.engine.burst);
    this.#liveness = new Liveness(this.outbox, settings);
    this.#access = new Access(
      authenticate,
      () =>
        this.#endAs('token-expired', 'UNAUTHENTICATED', 'The access token has expired; come with a new one.'),
      this.address,
    );
    response.on('close', () => {
      this.#closed();
      parts.connections.remove(this);
    });
  }

  get identity(): Identity | null {
    return this.#access.identity;
  }

  get bufferedBytes(): number {
    return this.outbox.bufferedBytes;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Takes the token of the request's header. Throws `UNAUTHENTICATED`. */
  async authenticate(): Promise<void> {
    await this.#access.take(bearerOf(this.#request.headers.authorization));
  }

  /** Becomes one of the gateway's connections; gives whom it acts for. Throws `LIMITED`, `UNAVAILABLE`. */
  join(): Identity {
    this.#parts.connections.admit(this.address);
    const { identity } = this;
    if (!identity || this.#ended) throw new PresageError('UNAVAILABLE', 'The request has ended.');
    this.#parts.connections.add(this);
    this.#request.socket.setKeepAlive(true, this.#parts.settings.stalledAfterMs);
    return identity;
  }

  /** What to stop when the stream ends. */
  runs(stop: () => void): void {
    if (this.#ended) stop();
    else this.#stop = stop;
  }

  /** Answers a query or mutation, also while the server stops. */
  async answer(payload: Promise<Buffer>, last: Buffer): Promise<void> {
    this.#isAnswering = true;
    const frame = await payload;
    await this.outbox.room();
    this.outbox.send(frame);
    this.end(last);
  }

  check(): void {
    const verdict = this.#liveness.check();
    if (verdict === 'stalled') {
      this.#parts.engine.counters.stalled += 1;
      this.#endAs(
        'stalled',
        'UNAVAILABLE',
        'The client has taken nothing for too long; resume from the last cursor.',
      );
    } else if (this.stream.begun && !this.outbox.full) {
      this.outbox.send(HEARTBEAT);
    }
    // There is nothing that a client could answer: what it takes is the only sign of life.
    this.#liveness.heard();
  }

  revoke(): void {
    this.#endAs('revoked', 'FORBIDDEN', 'The peer was revoked; ask an operator of its tenant.');
  }

  goAway(retryMs: number): void {
    const { closeGraceMs } = this.#parts.settings;
    const close = () => {
      this.stream.open();
      this.end(retryFrame(retryMs));
    };
    if (this.#isAnswering) this.#leaving = setTimeout(close, closeGraceMs);
    else close();
  }

  /** Refuses by the status where that can still be told, else in the stream. */
  refuse(error: unknown): void {
    if (this.stream.begun) {
      this.fail(error);
      return;
    }
    if (this.#ended || this.#response.destroyed) return;
    this.#count(error);
    const { status, headers, body } = refusalAnswer(error, unexpectedErrorLog(this.#parts.logger));
    // What is left of the request's body is not read, so the connection is of no more use.
    const connection = this.#request.complete ? {} : { connection: 'close' };
    this.#response.writeHead(status, { ...CORS_HEADERS, ...headers, ...connection }).end(body);
    this.#closed();
  }

  /** Ends the stream by a failure that it tells. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#count(error);
    const { errors } = refusalAnswer(error, unexpectedErrorLog(this.#parts.logger));
    this.end(this.#protocol.failure(errors));
  }

  /** Ends the stream after last frames. */
  end(last: Buffer): void {
    if (this.#ended) return;
    this.outbox.send(last);
    this.#closed();
    this.stream.close();
  }

  #endAs(
    reason: RefusalReason,
    code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'UNAVAILABLE',
    message: string,
  ): void {
    if (this.#ended) return;
    this.#parts.engine.counters.refusals[reason] += 1;
    const { errors } = refusalAnswer(new PresageError(code, message));
    this.end(this.#protocol.failure(errors));
  }

  #count(error: unknown): void {
    const refusal = refusalOf(error);
    // Counted where they are made: there are too many connections, not operations.
    const isCounted = error instanceof PresageError && error.code === 'LIMITED';
    if (refusal && !isCounted) this.#parts.engine.counters.refusals[refusal] += 1;
  }

  #closed(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#leaving);
    this.#access.stop();
    this.#stop();
    this.outbox.close();
  }
}
