import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { PeerName } from '../../ports.ts';
import { CLOSE } from './close-codes.ts';
import { Connection, type ConnectionParts } from './connection.ts';
import { WsSocket } from './ws-socket.ts';

const SUBPROTOCOL = 'graphql-transport-ws';

export interface ServerParts extends ConnectionParts {
  /** Where a request came from. */
  readonly addressOf?: (request: IncomingMessage) => string | undefined;
}

/** Accepts WebSockets on HTTP servers and keeps their connections until they are closed. */
export class GraphqlTransportWsServer {
  readonly #parts: ServerParts;
  readonly #sockets: WebSocketServer;
  readonly #connections = new Set<Connection>();
  readonly #attached: { readonly server: Server; readonly onUpgrade: (...given: Upgrade) => void }[] = [];
  readonly #checks: NodeJS.Timeout;
  #whenEmpty: (() => void) | null = null;
  #closing = false;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: parts.settings.maxMessageBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    this.#checks = setInterval(() => {
      for (const connection of this.#connections) connection.check();
    }, parts.settings.pingIntervalMs);
    this.#checks.unref();
  }

  get connections(): number {
    return this.#connections.size;
  }

  get bufferedBytes(): number {
    let bytes = 0;
    for (const { outbox } of this.#connections) bytes += outbox.bufferedBytes;
    return bytes;
  }

  attach(server: Server, path: string): void {
    const onUpgrade = (...[request, socket, head]: Upgrade) => {
      if (pathOf(request) === path) this.#upgrade(request, socket, head);
      // Nobody else listens, so that nobody else would ever answer.
      else if (server.listenerCount('upgrade') === 1) refuse(socket, '404 Not Found');
    };
    server.on('upgrade', onUpgrade);
    this.#attached.push({ server, onUpgrade });
  }

  /** The peers that are connected, each once. */
  peers(): readonly PeerName[] {
    const peers = new Map<string, PeerName>();
    for (const { identity } of this.#connections) {
      if (!identity || identity.publicKey === null) continue;
      const { tenant, publicKey } = identity;
      peers.set(`${tenant} ${publicKey}`, { tenant, publicKey });
    }
    return [...peers.values()];
  }

  /** Closes every connection of a peer that was revoked. */
  disconnect({ tenant, publicKey }: PeerName): void {
    for (const connection of this.#connections) {
      const { identity } = connection;
      if (identity?.tenant !== tenant || identity.publicKey !== publicKey) continue;
      connection.close(CLOSE.REVOKED, 'The peer was revoked; ask an operator of its tenant');
    }
  }

  /** Accepts nothing more, tells the clients, and resolves when all are gone: at the latest after the close grace. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#checks);
    const gone = new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
    for (const connection of this.#connections) {
      connection.close(CLOSE.GOING_AWAY, 'The server is going away; connect again and resume');
    }
    if (this.#connections.size > 0) await gone;
    for (const { server, onUpgrade } of this.#attached) server.off('upgrade', onUpgrade);
    this.#sockets.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#closing) refuse(socket, '503 Service Unavailable');
    else {
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) =>
        this.#accept(webSocket, socket, request),
      );
    }
  }

  #accept(webSocket: WebSocket, raw: Duplex, request: IncomingMessage): void {
    const { logger, settings } = this.#parts;
    webSocket.on('error', (error) => logger.debug({ err: error }, 'a client broke the WebSocket protocol'));
    const socket = new WsSocket(webSocket, raw, settings.closeGraceMs);
    if (webSocket.protocol !== SUBPROTOCOL) {
      socket.close(CLOSE.SUBPROTOCOL_NOT_ACCEPTABLE, `Subprotocol not acceptable; use ${SUBPROTOCOL}`);
      return;
    }
    const connection = new Connection(
      this.#parts,
      socket,
      request.headers.authorization,
      this.#parts.addressOf?.(request),
    );
    this.#connections.add(connection);
    webSocket.on('message', (data, isBinary) => {
      if (isBinary) connection.close(CLOSE.BAD_REQUEST, 'A message is binary; send text');
      else connection.receive(textOf(data));
    });
    webSocket.on('close', () => {
      connection.closed();
      this.#connections.delete(connection);
      if (this.#connections.size === 0) this.#whenEmpty?.();
    });
  }
}

type Upgrade = [request: IncomingMessage, socket: Duplex, head: Buffer];

function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function refuse(socket: Duplex, status: string): void {
  socket.once('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
