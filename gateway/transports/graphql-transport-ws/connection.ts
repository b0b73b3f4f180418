import { PresageError } from '../../../schema/errors.ts';
import { type FrameSocket, Outbox } from '../../delivery/outbox.ts';
import type { Engine } from '../../engine.ts';
import type { Logger } from '../../logger.ts';
import type { Authenticate, Executor, Identity } from '../../ports.ts';
import { unexpectedErrorLog } from '../../request-errors.ts';
import type { GatewaySettings } from '../../settings.ts';
import { Access, bearerOf, tokenOf } from '../access.ts';
import type { ClientConnection } from '../connections.ts';
import { Liveness } from '../liveness.ts';
import { MessageRate } from '../message-rate.ts';
import { CLOSE, type CloseCode, closeReason, REFUSED_AS } from './close-codes.ts';
import { ACK, BadMessage, type ClientMessage, PING, PONG, parseMessage } from './messages.ts';
import { Operations } from './operations.ts';
import { type Action, REASONS, type State, TRANSITIONS } from './states.ts';

export interface ConnectionParts {
  readonly engine: Engine;
  readonly executor: Executor;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly settings: GatewaySettings;
}

/** What is known of a socket's client before it says anything. */
export interface Opening {
  /** The `Authorization` header of the request that opened the socket. */
  readonly authorization: string | undefined;
  /** Where that came from. */
  readonly address: string | undefined;
}

/** One client's connection: the protocol, whatever the socket is. */
export class Connection implements ClientConnection {
  readonly transport = 'graphql-transport-ws';
  readonly address: string | undefined;
  readonly outbox: Outbox;
  readonly #parts: ConnectionParts;
  readonly #socket: FrameSocket;
  readonly #authorization: string | undefined;
  readonly #access: Access;
  readonly #operations: Operations;
  readonly #liveness: Liveness;
  readonly #initTimeout: NodeJS.Timeout;
  readonly #rate: MessageRate;
  #leaving: NodeJS.Timeout | undefined;
  /** When there last was an operation. */
  #busyAt = performance.now();
  #state: State = 'opened';

  constructor(parts: ConnectionParts, socket: FrameSocket, { authorization, address }: Opening) {
    const { engine, executor, authenticate, logger, settings } = parts;
    this.address = address;
    this.#parts = parts;
    this.#socket = socket;
    this.#authorization = authorization;
    this.outbox = new Outbox(socket, engine.budget, engine.burst);
    this.#access = new Access(
      authenticate,
      () => this.close(CLOSE.TOKEN_EXPIRED, 'The access token has expired; connect with a new one'),
      address,
    );
    this.#operations = new Operations({
      engine,
      executor,
      outbox: this.outbox,
      maxOperations: settings.maxSubscriptionsPerConnection,
      maxCharacters: settings.maxOperationCharacters,
      refusals: engine.counters.refusals,
      onUnexpected: unexpectedErrorLog(logger),
    });
    this.#liveness = new Liveness(this.outbox, settings);
    this.#rate = new MessageRate(settings.maxMessagesPerSecond);
    this.#initTimeout = setTimeout(
      () => this.close(CLOSE.CONNECTION_INIT_TIMEOUT, 'Connection initialisation timeout'),
      settings.connectionInitTimeoutMs,
    );
    this.#initTimeout.unref();
  }

  /** Whom it acts for; null before that is known. */
  get identity(): Identity | null {
    return this.#access.identity;
  }

  get bufferedBytes(): number {
    return this.outbox.bufferedBytes;
  }

  /** Takes a text message of the client. */
  receive(text: string): void {
    this.#liveness.heard();
    if (!this.#rate.take()) {
      const { maxMessagesPerSecond } = this.#parts.settings;
      this.close(CLOSE.TOO_MANY_MESSAGES, `More than ${maxMessagesPerSecond} messages a second; send fewer`);
      return;
    }
    try {
      this.#act(parseMessage(text), text.length);
    } catch (error) {
      if (error instanceof BadMessage) this.close(CLOSE.BAD_REQUEST, error.message);
      else this.#fail(error);
    }
  }

  /** Asks for a sign of life, and closes if there has been none for too long. Called at the pace of the pings. */
  check(): void {
    const verdict = this.#liveness.check();
    if (verdict === 'stalled') {
      this.#parts.engine.counters.stalled += 1;
      this.close(CLOSE.STALLED, 'The client has taken nothing for too long; resume from the last cursor');
    } else if (verdict === 'unresponsive') {
      this.close(CLOSE.UNRESPONSIVE, 'No answer to pings');
    } else if (this.#isIdle()) {
      this.close(CLOSE.IDLE, 'No operation for too long; connect again when there is one');
    } else if (this.#state === 'ready' && !this.outbox.full) {
      this.outbox.send(PING);
    }
  }

  revoke(): void {
    this.close(CLOSE.REVOKED, 'The peer was revoked; ask an operator of its tenant');
  }

  /** Ends the subscriptions at once, answers the queries and mutations under way, then closes. */
  goAway(retryMs: number): void {
    if (this.#state === 'closed') return;
    this.#state = 'leaving';
    const close = () =>
      this.close(CLOSE.GOING_AWAY, `The server is going away; connect again after ${retryMs} ms and resume`);
    this.#leaving = setTimeout(close, this.#parts.settings.closeGraceMs);
    this.#operations.finish(close);
  }

  close(code: CloseCode, reason: string): void {
    if (this.#state === 'closed') return;
    const refusal = REFUSED_AS[code];
    if (refusal) this.#parts.engine.counters.refusals[refusal] += 1;
    this.closed();
    this.#socket.close(code, closeReason(reason));
  }

  /** The socket is closed, whoever did it. */
  closed(): void {
    this.#state = 'closed';
    clearTimeout(this.#initTimeout);
    clearTimeout(this.#leaving);
    this.#access.stop();
    this.#operations.stopAll();
    this.outbox.close();
  }

  #act(message: ClientMessage, length: number): void {
    const action = TRANSITIONS[this.#state][message.type];
    if (typeof action === 'number') this.close(action, REASONS[action] ?? '');
    else if (action !== 'ignore') this.#do(action, message, length);
  }

  #do(action: Exclude<Action, CloseCode>, message: ClientMessage, length: number): void {
    switch (message.type) {
      case 'connection_init':
        this.#initialise(message.payload);
        break;
      case 'ping':
        if (action === 'renew-token') this.#renew(message.payload);
        else this.#answer(PONG);
        break;
      case 'subscribe':
        this.#subscribe(message, length);
        break;
      case 'complete':
        this.#operations.complete(message.id);
        break;
      case 'pong':
        break;
    }
  }

  #isIdle(): boolean {
    const now = performance.now();
    if (this.#operations.size > 0) this.#busyAt = now;
    return this.#state === 'ready' && now - this.#busyAt >= this.#parts.settings.idleTimeoutMs;
  }

  #initialise(payload: Readonly<Record<string, unknown>> | null): void {
    this.#state = 'initialising';
    const initialise = async () => {
      await this.#access.take(tokenOf(payload) ?? bearerOf(this.#authorization));
      if (this.#state !== 'initialising') return;
      clearTimeout(this.#initTimeout);
      this.#state = 'ready';
      this.#answer(ACK);
    };
    initialise().catch((error: unknown) => this.#fail(error));
  }

  #renew(payload: Readonly<Record<string, unknown>> | null): void {
    const token = tokenOf(payload);
    if (token === null) {
      this.#answer(PONG);
      return;
    }
    this.#access.take(token).then(
      () => this.#answer(PONG),
      (error: unknown) => this.#fail(error),
    );
  }

  #subscribe({ id, payload }: Extract<ClientMessage, { type: 'subscribe' }>, length: number): void {
    const { identity } = this.#access;
    this.#busyAt = performance.now();
    if (this.#operations.has(id)) {
      this.close(CLOSE.SUBSCRIBER_EXISTS, `Subscriber for ${id} already exists`);
    } else if (identity) {
      this.#operations.start(id, payload, identity, length);
      if (this.outbox.full) this.#holdReading();
    }
  }

  /** A client that asks on and takes nothing is not listened to until it takes. */
  #holdReading(): void {
    this.#socket.pause();
    this.outbox
      .room()
      .then(() => this.#socket.resume())
      .catch((error: unknown) => this.#fail(error));
  }

  /** Only frames that a client can do without are left out when too much waits already. */
  #answer(frame: Buffer): void {
    if (!this.outbox.full) this.outbox.send(frame);
  }

  #fail(error: unknown): void {
    if (this.#state === 'closed') return;
    if (error instanceof PresageError && (error.code === 'UNAUTHENTICATED' || error.code === 'FORBIDDEN')) {
      this.close(CLOSE.FORBIDDEN, `Forbidden: ${error.message}`);
    } else if (error instanceof PresageError && error.code === 'UNAVAILABLE') {
      this.#parts.logger.warn({ err: error }, 'a connection could not be set up');
      this.close(CLOSE.TRY_AGAIN_LATER, error.message);
    } else {
      const errorId = unexpectedErrorLog(this.#parts.logger)(error);
      this.close(CLOSE.INTERNAL, `Internal error ${errorId}`);
    }
  }
}
