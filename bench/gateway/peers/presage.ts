import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { InProcessBroker } from '../../../gateway/broker/in-process.ts';
import { createGateway, type Gateway } from '../../../gateway/gateway.ts';
import type { Executor } from '../../../gateway/ports.ts';
import type { GatewaySettings } from '../../../gateway/settings.ts';
import { MemoryLog } from '../../../gateway/testing/memory-log.ts';
import { SILENT } from '../../../gateway/testing/running-gateway.ts';
import { Operations } from '../../../server/graphql/operations.ts';
import { schema } from '../../../server/graphql/schema.ts';
import { DEFAULT_API_SETTINGS } from '../../../server/graphql/settings.ts';
import {
  boundOf,
  type Filters,
  listening,
  nextEvent,
  type Peer,
  SELECTION,
  subscribeMessage,
  until,
} from './peer.ts';

export interface PresagePeer extends Peer {
  readonly gateway: Gateway;
}

const QUERY = `subscription ($bound: Decimal) {
  observations(where: { value: { gte: $bound } }) ${SELECTION}
}`;

/** The gateway with the real schema, over a log in memory. */
export async function presagePeer(
  filters: Filters,
  settings: Partial<GatewaySettings> = {},
  streamName = 'stream-1',
): Promise<PresagePeer> {
  const log = new MemoryLog();
  const broker = new InProcessBroker(SILENT);
  const gateway = createGateway({
    log,
    broker,
    settings,
    executor: schemaAlone(),
    authenticate: async () => ({ tenant: 'main', publicKey: null, expiresAt: null }),
    logger: SILENT,
  });
  const server = createServer();
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  gateway.attach(server);
  const stream = log.stream(1, { name: streamName });
  let position = 0;
  return {
    gateway,
    port: await listening(server),
    path: '/graphql',
    subprotocol: 'graphql-transport-ws',
    subscribe: subscribeMessage(QUERY, boundOf(filters)),
    subscribed: (count) => until(() => gateway.stats().live === count),
    publish: () => {
      position += 1;
      broker.publish('main', [log.put(stream, position, String(1_000 + position))]);
    },
    publishPrepared: () => {
      for (const socket of sockets) socket.write(PREPARED);
    },
    stop: async () => {
      await gateway.close();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** As long as what subscribers get, as a WebSocket frame: RFC 6455, 5.2, for texts of 126 to 65,535 bytes. */
const PREPARED = textFrame(
  JSON.stringify({ id: 'client-100-0', type: 'next', payload: { data: { observations: nextEvent(100) } } }),
);

function textFrame(text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 126, body.length >> 8, body.length & 0xff]), body]);
}

/** The API's schema and its checks of operations. Nothing that is selected here takes its database. */
function schemaAlone(): Executor {
  const operations = new Operations(schema, DEFAULT_API_SETTINGS);
  const refuse = () => Promise.reject(new Error('this selection takes no database'));
  return {
    schema,
    prepare: ({ query }) => ({ document: operations.prepare(query), kind: 'subscription' }),
    execute: refuse,
    executeEvent: refuse,
  };
}
