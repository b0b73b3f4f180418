import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { PresageError } from '../../../schema/errors.ts';
import type { Connections } from '../connections.ts';
import { asksForWebSocket, ignoreUpgrade } from '../http/other-upgrades.ts';
import { refusalAnswer } from '../http/refusal-answer.ts';
import { pathOf, refuseTokenInUrl } from '../http/request-url.ts';
import { CLOSE } from './close-codes.ts';
import { Connection, type ConnectionParts, type Opening } from './connection.ts';
import { handshakeRefusal, refuseHandshake, subprotocolAdvice } from './handshake.ts';
import { WsSocket } from './ws-socket.ts';

const SUBPROTOCOL = 'graphql-transport-ws';

export interface ServerParts extends ConnectionParts {
  readonly connections: Connections;
  /** Throws what a handshake is refused by. */
  readonly admits?: (request: IncomingMessage) => void;
  /** Where a request came from. */
  readonly addressOf?: (request: IncomingMessage) => string | undefined;
}

/** Accepts WebSockets on HTTP servers. */
export class GraphqlTransportWsServer {
  readonly #parts: ServerParts;
  readonly #sockets: WebSocketServer;
  readonly #attached: { readonly server: Server; readonly onUpgrade: (...given: Upgrade) => void }[] = [];

  constructor(parts: ServerParts) {
    this.#parts = parts;
    const options = {
      noServer: true,
      clientTracking: false,
      maxPayload: parts.settings.maxMessageBytes,
      perMessageDeflate: false,
      // How long a client that has closed, or was told to go, may keep the connection itself: by default half a minute.
      closeTimeout: parts.settings.closeGraceMs,
      // Another protocol is accepted to be refused: without one of those it offered, a client closes by itself (1006),
      // and its user never learns why.
      handleProtocols: (offered: ReadonlySet<string>) =>
        offered.has(SUBPROTOCOL) ? SUBPROTOCOL : ([...offered][0] ?? false),
    };
    this.#sockets = new WebSocketServer(options);
    this.#sockets.on('wsClientError', (error, socket) =>
      refuse(socket, new PresageError('BAD_INPUT', `The handshake is none: ${error.message}.`)),
    );
  }

  attach(server: Server, path: string): void {
    const onUpgrade = (...[request, socket, head]: Upgrade) => {
      const isForUs = pathOf(request) === path && asksForWebSocket(request);
      if (isForUs) this.#upgrade(request, socket, head);
      // Where somebody else listens, it may be theirs; otherwise nobody else would ever answer.
      else if (server.listenerCount('upgrade') > 1) return;
      else if (!asksForWebSocket(request)) ignoreUpgrade(server, request, socket, head);
      else refuse(socket, new PresageError('NOT_FOUND', `There is no WebSocket at ${pathOf(request)}.`));
    };
    server.on('upgrade', onUpgrade);
    this.#attached.push({ server, onUpgrade });
  }

  close(): void {
    for (const { server, onUpgrade } of this.#attached) server.off('upgrade', onUpgrade);
    this.#sockets.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refused = handshakeRefusal(request);
    if (refused) {
      refuseHandshake(socket, refused);
      return;
    }
    const address = this.#parts.addressOf?.(request);
    try {
      this.#parts.admits?.(request);
      refuseTokenInUrl(request, this.#parts.engine.counters.refusals);
      this.#parts.connections.admit(address);
    } catch (error) {
      refuse(socket, error);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) =>
      this.#accept(webSocket, socket, { authorization: request.headers.authorization, address }),
    );
  }

  #accept(webSocket: WebSocket, raw: Duplex, opening: Opening): void {
    const { logger, settings, engine, connections } = this.#parts;
    const { refusals } = engine.counters;
    webSocket.on('error', (error: Error & { readonly code?: string }) => {
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') refusals['message-size'] += 1;
      logger.debug({ err: error }, 'a client broke the WebSocket protocol');
    });
    const socket = new WsSocket(webSocket, raw, settings.closeGraceMs);
    if (webSocket.protocol !== SUBPROTOCOL) {
      refusals['bad-message'] += 1;
      socket.close(CLOSE.SUBPROTOCOL_NOT_ACCEPTABLE, subprotocolAdvice(webSocket.protocol, SUBPROTOCOL));
      return;
    }
    const connection = new Connection(this.#parts, socket, opening);
    connections.add(connection);
    webSocket.on('message', (data, isBinary) => {
      if (isBinary) connection.close(CLOSE.BAD_REQUEST, 'A message is binary; send text');
      else connection.receive(textOf(data));
    });
    webSocket.on('close', () => {
      connection.closed();
      connections.remove(connection);
    });
  }
}

type Upgrade = [request: IncomingMessage, socket: Duplex, head: Buffer];

function refuse(socket: Duplex, error: unknown): void {
  refuseHandshake(socket, refusalAnswer(error));
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
