import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Engine } from './engine.ts';
import type { Logger } from './logger.ts';
import type { Authenticate, Broker, Executor, Identity, LogReader, Meters, PeerName } from './ports.ts';
import type { RedisConnections } from './redis/connections.ts';
import { type GatewaySettings, gatewaySettings } from './settings.ts';
import type { GatewayStats } from './stats.ts';
import { Connections } from './transports/connections.ts';
import { EventSourceServer } from './transports/eventsource/server.ts';
import { GraphqlSseServer } from './transports/graphql-sse/server.ts';
import { GraphqlTransportWsServer } from './transports/graphql-transport-ws/server.ts';
import { pathOf } from './transports/http/request-url.ts';

export interface GatewayParts {
  /** What entries are passed on by: nothing that clients do may hold it up. */
  readonly log: LogReader;
  /** What subscriptions begin and catch up by. @default `log` */
  readonly catchUpLog?: LogReader;
  readonly authenticate: Authenticate;
  readonly executor: Executor;
  readonly broker: Broker;
  /** With it subscriptions are matched by streamers, in this process or others, that are reached over Redis. */
  readonly redis?: RedisConnections | undefined;
  readonly logger: Logger;
  readonly settings?: Partial<GatewaySettings>;
  /** By default nobody hears of times. */
  readonly meters?: Meters;
  /**
   * Names what an identity may see in an event's payload beside others of its tenant: those of one name share
   * payloads. By default anonymous readers are told apart from peers, and peers not from each other.
   */
  readonly visibility?: (identity: Identity) => string;
  /** Throws what a WebSocket's handshake is refused by, before it is looked at; by default nobody is refused. */
  readonly admits?: (request: IncomingMessage) => void;
  /** Where a request came from, which `authenticate` is told. */
  readonly addressOf?: (request: IncomingMessage) => string | undefined;
}

export interface Gateway {
  /** Answers WebSocket upgrades of a server: graphql-transport-ws at `path`, 404 where nobody else answers. */
  attach(server: Server, path?: string): void;
  /**
   * Answers graphql-sse at `/graphql/stream`, and at `/graphql` those who take nothing but event streams, and plain
   * EventSource at `/realtime/sse`; false for all other requests.
   */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  stats(): GatewayStats;
  /** The id under which streamers elsewhere know this gateway; null while none feeds it. */
  readonly id: string | null;
  /** Why subscriptions are fed by polling the log, in words for anybody; null where they are not. */
  readonly pollingBecause: string | null;
  /** The peers that are connected, each once. */
  peers(): readonly PeerName[];
  /** Closes every connection of a peer that was revoked, with 4473. */
  disconnect(peer: PeerName): void;
  /** Accepts nothing more, tells clients when to come again, and resolves when what they asked is answered and out. */
  drain(): Promise<void>;
  /** Drains, then stops. */
  close(): Promise<void>;
}

const GRAPHQL_PATH = '/graphql';
export const STREAM_PATH = '/graphql/stream';
export const EVENT_SOURCE_PATH = '/realtime/sse';

export function createGateway(parts: GatewayParts): Gateway {
  const settings = gatewaySettings(parts.settings);
  const engine = new Engine({ visibility: signedInOrNot, ...parts, settings });
  const connections = new Connections({ settings, refusals: engine.counters.refusals });
  const transportParts = { ...parts, engine, settings, connections };
  const sockets = new GraphqlTransportWsServer(transportParts);
  const streams = new GraphqlSseServer(transportParts);
  const eventSources = new EventSourceServer(transportParts);
  return {
    attach: (server, path = GRAPHQL_PATH) => sockets.attach(server, path),
    handle: (request, response) => {
      const path = pathOf(request);
      if (path === STREAM_PATH || (path === GRAPHQL_PATH && takesOnlyEvents(request)))
        streams.handle(request, response);
      else if (path === EVENT_SOURCE_PATH) eventSources.handle(request, response);
      else return false;
      return true;
    },
    stats: () => {
      const connectionsByTransport = connections.count();
      return {
        ...engine.stats(),
        connectionsByTransport,
        connections: Object.values(connectionsByTransport).reduce((sum, count) => sum + count, 0),
        bytesBuffered: connections.bufferedBytes,
      };
    },
    get id() {
      return engine.gatewayId;
    },
    get pollingBecause() {
      return engine.pollingBecause;
    },
    peers: () => connections.peers(),
    disconnect: (peer) => connections.disconnect(peer),
    drain: () => connections.drain(),
    close: async () => {
      await connections.drain();
      sockets.close();
      await engine.close();
    },
  };
}

/**
 * Whether a client takes an event stream and no JSON, as urql with `fetchSubscriptions` and the client of graphql-sse: they
 * know one address for all of an API.
 */
function takesOnlyEvents({ headers: { accept = '' } }: IncomingMessage): boolean {
  return accept.includes('text/event-stream') && !/json|\*\/\*|html/.test(accept);
}

function signedInOrNot({ publicKey }: Identity): string {
  return publicKey === null ? 'anonymous' : 'peer';
}
