import type { IncomingMessage, Server } from 'node:http';
import { Engine } from './engine.ts';
import type { Logger } from './logger.ts';
import type { Authenticate, Broker, Executor, Identity, LogReader, PeerName } from './ports.ts';
import type { RedisConnections } from './redis/connections.ts';
import { type GatewaySettings, gatewaySettings } from './settings.ts';
import type { GatewayStats } from './stats.ts';
import { GraphqlTransportWsServer } from './transports/graphql-transport-ws/server.ts';

export interface GatewayParts {
  readonly log: LogReader;
  readonly authenticate: Authenticate;
  readonly executor: Executor;
  readonly broker: Broker;
  /** With it subscriptions are matched by streamers, in this process or others, that are reached over Redis. */
  readonly redis?: RedisConnections | undefined;
  readonly logger: Logger;
  readonly settings?: Partial<GatewaySettings>;
  /**
   * Names what an identity may see in an event's payload beside others of its tenant: those of one name share
   * payloads. By default anonymous readers are told apart from peers, and peers not from each other.
   */
  readonly visibility?: (identity: Identity) => string;
  /** Where a request came from, which `authenticate` is told. */
  readonly addressOf?: (request: IncomingMessage) => string | undefined;
}

export interface Gateway {
  /** Answers WebSocket upgrades of a server: graphql-transport-ws at `path`, 404 where nobody else answers. */
  attach(server: Server, path?: string): void;
  stats(): GatewayStats;
  /** The id under which streamers elsewhere know this gateway; null while none feeds it. */
  readonly id: string | null;
  /** Why subscriptions are fed by polling the log; null where they are not. */
  readonly pollingBecause: string | null;
  /** The peers that are connected, each once. */
  peers(): readonly PeerName[];
  /** Closes every connection of a peer that was revoked, with 4473. */
  disconnect(peer: PeerName): void;
  /** Accepts nothing more, tells clients to go, lets them take what was sent, then stops. */
  close(): Promise<void>;
}

export function createGateway(parts: GatewayParts): Gateway {
  const settings = gatewaySettings(parts.settings);
  const engine = new Engine({ visibility: signedInOrNot, ...parts, settings });
  const sockets = new GraphqlTransportWsServer({ ...parts, engine, settings });
  return {
    attach: (server, path = '/graphql') => sockets.attach(server, path),
    stats: () => ({
      ...engine.stats(),
      connections: sockets.connections,
      bytesBuffered: sockets.bufferedBytes,
    }),
    get id() {
      return engine.gatewayId;
    },
    get pollingBecause() {
      return engine.pollingBecause;
    },
    peers: () => sockets.peers(),
    disconnect: (peer) => sockets.disconnect(peer),
    close: async () => {
      await sockets.close();
      await engine.close();
    },
  };
}

function signedInOrNot({ publicKey }: Identity): string {
  return publicKey === null ? 'anonymous' : 'peer';
}
