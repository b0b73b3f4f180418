import { createPublicKey, randomUUID, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GraphQLError } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { createSchema, createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { parseDecimal } from '../../schema/decimal.ts';

/**
 * A small server with the project's schema over real HTTP and WebSocket, for tests of the commands: one log in memory,
 * and switches to make things go wrong.
 */
export interface TestServer {
  readonly url: string;
  readonly log: readonly StoredObservation[];
  readonly streams: ReadonlyMap<string, StoredStream>;
  /** The variables of every subscription so far. */
  readonly subscribed: readonly unknown[];
  readonly signIns: () => number;
  /** Forgets every token, as if all had expired. */
  expireTokens(): void;
  /** The next so many HTTP requests are answered with 503. */
  failNext(requests: number): void;
  /** Cuts every WebSocket. */
  cutSockets(): void;
  append(stream: string, value: string, observedAt: string): void;
  close(): Promise<void>;
}

interface StoredStream {
  readonly uuid: string;
  readonly serverId: number;
  readonly name: string;
  readonly tags: readonly string[];
}
interface StoredObservation {
  readonly stream: StoredStream;
  readonly value: string;
  readonly observedAt: string;
}

const CONNECTIONS = `
  type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  ${['Stream', 'Observation', 'Prediction']
    .map(
      (type) =>
        `type ${type}Connection { edges: [${type}Edge!]! pageInfo: PageInfo! } type ${type}Edge { cursor: String! node: ${type}! }`,
    )
    .join('\n')}`;

function typeDefs(): string {
  const core = readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8');
  return core.includes('type StreamConnection') ? core : core + CONNECTIONS;
}

const PUBLISHED = z.object({
  input: z.object({
    observations: z.array(
      z.object({
        streamName: z.string().optional(),
        streamUuid: z.string().optional(),
        value: z.union([z.string(), z.number()]),
        observedAt: z.string().default('2026-01-01T00:00:00.000Z'),
      }),
    ),
  }),
});
const CREATED = z.object({ input: z.object({ name: z.string(), tags: z.array(z.string()).default([]) }) });
const SIGNED = z.object({
  input: z.object({ publicKey: z.string(), challenge: z.string(), signature: z.string() }),
});
const PAGE = z.object({ first: z.number(), after: z.string().nullish() });
const FOLLOWED = z.object({ after: z.string().nullish(), snapshot: z.boolean().nullish() });

export async function startTestServer(): Promise<TestServer> {
  const log: StoredObservation[] = [];
  const streams = new Map<string, StoredStream>();
  const subscribed: unknown[] = [];
  const tokens = new Set<string>();
  const waiting = new Set<() => void>();
  const challenge = 'sign this: presage test';
  let signIns = 0;
  let failures = 0;

  const shown = (stream: StoredStream) => {
    const last = log.findLast((observation) => observation.stream === stream);
    return { ...stream, id: stream.uuid, author: 'a', cadenceSeconds: null, latest: last ?? null };
  };
  const create = (name: string, tags: readonly string[]): StoredStream => {
    if (streams.has(name)) throw coded('CONFLICT', `There is a stream "${name}" already.`);
    const stream = { uuid: randomUUID(), serverId: streams.size + 1, name, tags };
    streams.set(name, stream);
    return stream;
  };
  const append = (observation: StoredObservation): void => {
    log.push(observation);
    for (const wake of waiting) wake();
  };
  const mustBeSignedIn = (context: { request?: Request }): void => {
    const token = context.request?.headers.get('authorization')?.replace('Bearer ', '') ?? '';
    if (!tokens.has(token)) throw coded('UNAUTHENTICATED', 'Sign in first.');
  };
  const eventAt = (type: string, position: number) => {
    const observation = log[position - 1];
    return {
      observations: {
        type,
        cursor: String(position),
        id: observation ? `id-${position}` : null,
        timestamp: '2026-01-01T00:00:00.000Z',
        observation: observation && { ...observation, hash: 'h', revision: 0 },
      },
    };
  };
  const follow = async function* (args: unknown) {
    subscribed.push(args);
    const { after, snapshot } = FOLLOWED.parse(args);
    let position = after ? Number(after) : log.length;
    if (!after || !snapshot)
      yield { observations: { ...eventAt('READY', position).observations, id: null, observation: null } };
    if (snapshot && position > 0) yield eventAt('SNAPSHOT', position);
    for (;;) {
      while (position < log.length) yield eventAt('CREATE', ++position);
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };

  const schema = createSchema<{ request?: Request }>({
    typeDefs: typeDefs(),
    resolvers: {
      Query: {
        stream: (_, { name }) => streams.get(String(name)) ?? null,
        streams: (_, args) => {
          const { first, after } = PAGE.parse(args);
          const from = after ? Number(after) : 0;
          const page = [...streams.values()].slice(from, from + first);
          const end = from + page.length;
          return {
            edges: page.map((stream) => ({ node: shown(stream) })),
            pageInfo: { hasNextPage: end < streams.size, endCursor: String(end) },
          };
        },
      },
      Mutation: {
        requestChallenge: () => ({ challenge, expiresAt: '2030-01-01T00:00:00.000Z' }),
        authenticate: (_, args) => {
          const { input } = SIGNED.parse(args);
          const key = createPublicKey({
            format: 'jwk',
            key: { kty: 'OKP', crv: 'Ed25519', x: input.publicKey },
          });
          const signature = Buffer.from(input.signature, 'base64url');
          if (!verify(null, Buffer.from(challenge), key, signature))
            throw coded('UNAUTHENTICATED', 'Wrong signature.');
          signIns += 1;
          const accessToken = `token-${signIns}`;
          tokens.add(accessToken);
          return { accessToken, refreshToken: 'refresh', expiresIn: 900 };
        },
        createStream: (_, args, context) => {
          mustBeSignedIn(context);
          const { input } = CREATED.parse(args);
          return shown(create(input.name, input.tags));
        },
        publishObservations: (_, args, context) => {
          mustBeSignedIn(context);
          const { observations } = PUBLISHED.parse(args).input;
          const errors: { index: number; code: string; message: string }[] = [];
          for (const [index, item] of observations.entries()) {
            const stream = [...streams.values()].find(
              (one) => one.name === item.streamName || one.uuid === item.streamUuid,
            );
            const value = parseDecimal(item.value);
            const { observedAt } = item;
            const isThere = log.some((one) => one.stream === stream && one.observedAt === observedAt);
            if (!stream) errors.push({ index, code: 'UNKNOWN_STREAM', message: 'There is no such stream.' });
            else if (value === undefined)
              errors.push({ index, code: 'BAD_VALUE', message: 'That is no decimal.' });
            else if (observedAt > '2100')
              errors.push({ index, code: 'BAD_TIME', message: 'That is in the future.' });
            else if (isThere) errors.push({ index, code: 'DUPLICATE', message: 'It was there.' });
            else append({ stream, value, observedAt });
          }
          const duplicates = errors.filter((error) => error.code === 'DUPLICATE').length;
          const failed = errors.length - duplicates;
          const successful = observations.length - errors.length;
          return { successful, duplicates, failed, cursor: String(log.length), errors };
        },
      },
      Subscription: { observations: { subscribe: (_, args) => follow(args) } },
    },
  });

  const yoga = createYoga({ schema, logging: false, maskedErrors: false });
  const http = createServer((request: IncomingMessage, response) => {
    if (failures === 0) return void yoga(request, response);
    failures -= 1;
    response.writeHead(503).end('starting');
  });
  const sockets = new WebSocketServer({ server: http, path: '/graphql' });
  const gateway = useServer({ schema }, sockets);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = http.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    log,
    streams,
    subscribed,
    signIns: () => signIns,
    expireTokens: () => tokens.clear(),
    failNext: (requests) => {
      failures = requests;
    },
    cutSockets: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
    append: (name, value, observedAt) =>
      append({ stream: streams.get(name) ?? create(name, []), value, observedAt }),
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      http.closeAllConnections();
      await gateway.dispose();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function coded(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
