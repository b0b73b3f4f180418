import { z } from 'zod';
import { operation } from './operation.ts';

/** Every document that the commands send. */

export const requestChallenge = operation<{ publicKey: string }>()(
  'mutation RequestChallenge($publicKey: String!) { requestChallenge(publicKey: $publicKey) { challenge } }',
  z.object({ requestChallenge: z.object({ challenge: z.string() }) }),
);

export interface AuthenticateInput {
  readonly publicKey: string;
  readonly challenge: string;
  readonly signature: string;
  readonly tenant?: string;
  readonly joinCode?: string;
}

export const authenticate = operation<{ input: AuthenticateInput }>()(
  'mutation Authenticate($input: AuthenticateInput!) { authenticate(input: $input) { accessToken refreshToken expiresIn } }',
  z.object({
    authenticate: z.object({ accessToken: z.string(), refreshToken: z.string(), expiresIn: z.number() }),
  }),
);

const STREAM = z.object({
  uuid: z.string(),
  serverId: z.number(),
  name: z.string(),
  author: z.string(),
  tags: z.array(z.string()),
  cadenceSeconds: z.number().nullable(),
  latest: z.object({ value: z.string(), observedAt: z.string() }).nullable(),
});

/** A stream as the commands show it. */
export type ShownStream = z.output<typeof STREAM>;

const STREAM_FIELDS = 'uuid serverId name author tags cadenceSeconds latest { value observedAt }';

export const listStreams = operation<{ where: object; first: number; after: string | null }>()(
  `query ListStreams($where: StreamWhere, $first: Int, $after: String) {
    streams(where: $where, first: $first, after: $after) {
      edges { node { ${STREAM_FIELDS} } }
      pageInfo { hasNextPage endCursor }
    }
  }`,
  z.object({
    streams: z.object({
      edges: z.array(z.object({ node: STREAM })),
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
    }),
  }),
);

export const findStream = operation<{ name: string }>()(
  'query FindStream($name: String!) { stream(name: $name) { uuid author } }',
  z.object({ stream: z.object({ uuid: z.string(), author: z.string() }).nullable() }),
);

/** What a stream is made from; fields that are left out are null. */
export interface CreateStreamInput {
  readonly name: string;
  readonly secondary?: string;
  readonly target?: string;
  readonly meta?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly cadenceSeconds?: number;
}

export const createStream = operation<{ input: CreateStreamInput }>()(
  `mutation CreateStream($input: CreateStreamInput!) { createStream(input: $input) { ${STREAM_FIELDS} } }`,
  z.object({ createStream: STREAM }),
);

export interface ObservationInput {
  readonly streamUuid?: string;
  readonly streamName?: string;
  readonly value: string;
  readonly observedAt?: string;
  readonly provider?: string;
}

const PUBLISH_RESULT = z.object({
  successful: z.number(),
  duplicates: z.number(),
  failed: z.number(),
  cursor: z.string(),
  errors: z.array(z.object({ index: z.number(), code: z.string(), message: z.string() })),
});

/** The server's answer to a batch. */
export type PublishResult = z.output<typeof PUBLISH_RESULT>;

export const publishObservations = operation<{ input: { observations: readonly ObservationInput[] } }>()(
  `mutation PublishObservations($input: PublishObservationsInput!) {
    publishObservations(input: $input) { successful duplicates failed cursor errors { index code message } }
  }`,
  z.object({ publishObservations: PUBLISH_RESULT }),
);

const EVENT = z.object({
  type: z.enum(['READY', 'SNAPSHOT', 'CREATE', 'UPDATE', 'DELETE']),
  cursor: z.string(),
  id: z.string().nullable(),
  timestamp: z.string(),
  observation: z
    .object({
      value: z.string(),
      observedAt: z.string(),
      hash: z.string(),
      revision: z.number(),
      stream: z.object({ uuid: z.string(), name: z.string() }),
    })
    .nullable(),
});

/** An event of a watched subscription. */
export type WatchedEvent = z.output<typeof EVENT>;

export interface WatchVariables {
  readonly where: object;
  readonly after: string | null;
  readonly snapshot: boolean;
}

export const watchObservations = operation<WatchVariables>()(
  `subscription WatchObservations($where: ObservationWhere, $after: Cursor, $snapshot: Boolean) {
    observations(where: $where, after: $after, snapshot: $snapshot, ready: true) {
      type cursor id timestamp
      observation { value observedAt hash revision stream { uuid name } }
    }
  }`,
  z.object({ observations: EVENT }),
);
