import { PresageError } from '../../../schema/errors.ts';
import { type FrameSocket, Outbox } from '../../delivery/outbox.ts';
import type { Engine } from '../../engine.ts';
import type { Logger } from '../../logger.ts';
import type { Authenticate, Executor, Identity } from '../../ports.ts';
import { unexpectedErrorLog } from '../../request-errors.ts';
import type { GatewaySettings } from '../../settings.ts';
import { Access, bearerOf, tokenOf } from './access.ts';
import { CLOSE, type CloseCode } from './close-codes.ts';
import { Liveness } from './liveness.ts';
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

/** One client's connection: the protocol, whatever the socket is. */
export class Connection {
  readonly outbox: Outbox;
  readonly #parts: ConnectionParts;
  readonly #socket: FrameSocket;
  readonly #authorization: string | undefined;
  readonly #access: Access;
  readonly #operations: Operations;
  readonly #liveness: Liveness;
  readonly #initTimeout: NodeJS.Timeout;
  #state: State = 'opened';

  /** `authorization` is the header of the request that opened the socket, `address` where that came from. */
  constructor(
    parts: ConnectionParts,
    socket: FrameSocket,
    authorization: string | undefined,
    address?: string,
  ) {
    const { engine, executor, authenticate, logger, settings } = parts;
    this.#parts = parts;
    this.#socket = socket;
    this.#authorization = authorization;
    this.outbox = new Outbox(socket, settings.byteBudget);
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
      onUnexpected: unexpectedErrorLog(logger),
    });
    this.#liveness = new Liveness(this.outbox, settings);
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

  /** Takes a text message of the client. */
  receive(text: string): void {
    this.#liveness.heard();
    try {
      this.#act(parseMessage(text));
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
    } else if (this.#state === 'ready' && !this.outbox.full) {
      this.outbox.send(PING);
    }
  }

  close(code: CloseCode, reason: string): void {
    if (this.#state === 'closed') return;
    this.closed();
    this.#socket.close(code, closeReason(reason));
  }

  /** The socket is closed, whoever did it. */
  closed(): void {
    this.#state = 'closed';
    clearTimeout(this.#initTimeout);
    this.#access.stop();
    this.#operations.stopAll();
    this.outbox.close();
  }

  #act(message: ClientMessage): void {
    const action = TRANSITIONS[this.#state][message.type];
    if (typeof action === 'number') this.close(action, REASONS[action] ?? '');
    else if (action !== 'ignore') this.#do(action, message);
  }

  #do(action: Exclude<Action, CloseCode>, message: ClientMessage): void {
    switch (message.type) {
      case 'connection_init':
        this.#initialise(message.payload);
        break;
      case 'ping':
        if (action === 'renew-token') this.#renew(message.payload);
        else this.#answer(PONG);
        break;
      case 'subscribe':
        this.#subscribe(message);
        break;
      case 'complete':
        this.#operations.complete(message.id);
        break;
      case 'pong':
        break;
    }
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

  #subscribe({ id, payload }: Extract<ClientMessage, { type: 'subscribe' }>): void {
    const { identity } = this.#access;
    if (this.#operations.has(id)) {
      this.close(CLOSE.SUBSCRIBER_EXISTS, `Subscriber for ${id} already exists`);
    } else if (identity) {
      this.#operations.start(id, payload, identity);
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
    } else {
      const errorId = unexpectedErrorLog(this.#parts.logger)(error);
      this.close(CLOSE.INTERNAL, `Internal error ${errorId}`);
    }
  }
}

/** A close reason has room for 123 bytes. */
function closeReason(reason: string): string {
  const bytes = Buffer.from(reason, 'utf8');
  return bytes.length <= 123
    ? reason
    : bytes
        .subarray(0, 120)
        .toString('utf8')
        .replace(/\uFFFD$/, '');
}
