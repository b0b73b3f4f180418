import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { useServer } from 'graphql-ws/use/ws';
import { createSchema, createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { decodeCursor, encodeCursor } from '../../schema/cursor.ts';
import { type TestEvent, TestLog, type TestStream } from './test-log.ts';
import { refusal, TestPeers } from './test-peers.ts';
import { type TestPredictionInput, TestPredictions } from './test-predictions.ts';

const TYPES = readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8');

interface TextOps {
  readonly eq?: string;
  readonly in?: readonly string[];
}

interface Where {
  readonly and?: readonly Where[];
  readonly or?: readonly Where[];
  readonly name?: TextOps;
  readonly uuid?: TextOps;
  readonly tags?: { readonly contains: string };
}

const holds = (ops: TextOps | undefined, text: string) =>
  !ops || ((ops.eq ?? text) === text && (ops.in ?? [text]).includes(text));

function matches(where: Where | undefined, stream: TestStream): boolean {
  if (!where) return true;
  const { and = [], or, name, uuid, tags } = where;
  return (
    and.every((part) => matches(part, stream)) &&
    (!or || or.some((branch) => matches(branch, stream))) &&
    holds(name, stream.name) &&
    holds(uuid, stream.uuid) &&
    (!tags || stream.tags.includes(tags.contains))
  );
}

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly log: TestLog;
  readonly peers: TestPeers;
  readonly predictions: TestPredictions;
  /** Called when predictions have been taken and before that is answered. */
  onSubmitted: () => Promise<void> | void;
  /** Called with every HTTP request that comes. */
  onRequest: (request: IncomingMessage) => void;
  /** Waited for before each event that is sent: the pace of the server. */
  onEvent: () => Promise<void> | void;
  /** What is sent in place of an event: the wire as it should not be. */
  onWire: (event: TestEvent) => TestEvent;
  /** Cuts every connection, as a crash would. */
  cut(): void;
  /** How many subscriptions have been started. */
  readonly subscriptions: number;
  /** How often scores were asked for. */
  readonly scoreQueries: number;
  /** Most predictions in a page of them, whatever is asked for. */
  scorePage: number;
  stop(): Promise<void>;
}

/** A GraphQL server over the contract's schema, with real HTTP and real WebSockets, and a log in memory. */
export async function startTestServer(port = 0, log = new TestLog()): Promise<TestServer> {
  const peers = new TestPeers();
  const predictions = new TestPredictions(log);
  let subscriptions = 0;
  let scoreQueries = 0;
  const schema = createSchema<{ token: string | undefined }>({
    typeDefs: TYPES,
    resolvers: {
      Query: {
        node: (_, { id }: { id: string }) => predictions.find(id),
        streams: (_, { where, first, after }: { where?: Where; first: number; after?: string }) => {
          const all = log.streams.filter((stream) => matches(where, stream));
          const page = all.slice(Number(after ?? 0), Number(after ?? 0) + first);
          const end = Number(after ?? 0) + page.length;
          return {
            edges: page.map((node) => ({ cursor: '', node })),
            pageInfo: { hasNextPage: end < all.length, hasPreviousPage: false, endCursor: String(end) },
          };
        },
        predictions: (_, { stream, last }: { stream?: string; last: number }) => {
          scoreQueries += 1;
          const scores = predictions.scores().filter((node) => !stream || node.stream === stream);
          return {
            edges: scores.slice(-Math.min(last, server.scorePage)).map((node) => ({ cursor: '', node })),
          };
        },
        observations: (_, { where }: { where?: { stream: Where } }) => {
          const node = log.present().findLast((row) => matches(where?.stream, row.stream));
          return { edges: node ? [{ cursor: node.cursor, node }] : [] };
        },
      },
      Mutation: {
        requestChallenge: (_, { publicKey }) => peers.challenge(publicKey),
        authenticate: (_, { input }) => peers.authenticate(input),
        refreshSession: (_, { refreshToken }) => peers.refresh(refreshToken),
        submitPredictions: async (
          _,
          { input }: { input: { predictions: TestPredictionInput[] } },
          context,
        ) => {
          const publicKey = peers.verify(context.token ?? '');
          const answer = predictions.submit(input.predictions, publicKey);
          await server.onSubmitted();
          return answer;
        },
      },
      Subscription: {
        observations: {
          resolve: (event: unknown) => event,
          subscribe: (_, { where, after }: { where?: { stream: Where }; after: string }) => {
            subscriptions += 1;
            const position = decodeCursor('default', after);
            if (!log.has(after)) {
              throw refusal('LOG_TRUNCATED', 'The log went back.', { resumeAfter: log.common });
            }
            if (position > log.head) throw refusal('BAD_CURSOR', `"${after}" is ahead of the log.`);
            return follow(log, position, where?.stream, async (event) => {
              await server.onEvent();
              return server.onWire(event);
            });
          },
        },
      },
    },
  });
  const yoga = createYoga({
    schema,
    maskedErrors: false,
    logging: false,
    context: ({ request }) => ({ token: request.headers.get('authorization')?.replace('Bearer ', '') }),
  });
  const http = createServer((request, response) => {
    server.onRequest(request);
    void unpacked(request).then(() => yoga(request, response));
  });
  const sockets = new Set<Socket>();
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const webSockets = new WebSocketServer({ server: http, path: '/graphql' });
  const gateway = useServer(
    {
      schema,
      onConnect: ({ connectionParams }) => {
        try {
          return Boolean(peers.verify(String(connectionParams?.accessToken)));
        } catch {
          return false;
        }
      },
    },
    webSockets,
  );
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const address = http.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  const cut = () => {
    for (const client of webSockets.clients) client.terminate();
    for (const socket of sockets) socket.destroy();
  };
  const server: TestServer = {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    log,
    peers,
    predictions,
    onSubmitted: () => undefined,
    onEvent: () => undefined,
    onRequest: () => undefined,
    onWire: (event) => event,
    scorePage: Number.POSITIVE_INFINITY,
    cut,
    get subscriptions() {
      return subscriptions;
    },
    get scoreQueries() {
      return scoreQueries;
    },
    stop: async () => {
      cut();
      await gateway.dispose();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
  return server;
}

/** Gives a gzip body to yoga in the way that the server does. */
async function unpacked(request: IncomingMessage): Promise<void> {
  if (request.headers['content-encoding'] !== 'gzip') return;
  const body: unknown = JSON.parse(gunzipSync(await buffer(request)).toString('utf8'));
  Object.assign(request, { body });
}

async function* follow(
  log: TestLog,
  after: number,
  where: Where | undefined,
  send: (event: TestEvent) => Promise<TestEvent>,
) {
  const timestamp = new Date().toISOString();
  yield { type: 'READY', cursor: encodeCursor('default', after), id: null, timestamp, observation: null };
  for (let next = 0; ; next += 1) {
    while (next >= log.events.length) await log.grown();
    const event = log.events[next];
    if (!event || event.observation.position <= after) continue;
    if (!matches(where, event.observation.stream)) continue;
    yield await send(event);
  }
}
