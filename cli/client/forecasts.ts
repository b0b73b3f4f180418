import { z } from 'zod';
import { operation } from './operation.ts';
import type { WatchVariables } from './operations.ts';

/** The documents that `presage forecast` sends. */

const CONSENSUS = z.object({
  value: z.string(),
  contributors: z.number(),
  updatedAt: z.string(),
  base: z.object({ value: z.string(), observedAt: z.string(), hash: z.string() }),
  quantiles: z.array(z.object({ level: z.number(), value: z.string() })),
});
const CONSENSUS_FIELDS =
  'value contributors updatedAt base { value observedAt hash } quantiles { level value }';

const FORECAST = z.object({
  uuid: z.string(),
  name: z.string(),
  latest: z.object({ value: z.string(), observedAt: z.string(), hash: z.string() }).nullable(),
  consensus: CONSENSUS.nullable(),
});

/** A stream, its newest observation and what is forecast of the next one. */
export type Forecast = z.output<typeof FORECAST>;

export const listForecasts = operation<{ where: object; first: number; after: string | null }>()(
  `query ListForecasts($where: StreamWhere, $first: Int, $after: String) {
    streams(where: $where, first: $first, after: $after) {
      edges { node { uuid name latest { value observedAt hash } consensus { ${CONSENSUS_FIELDS} } } }
      pageInfo { hasNextPage endCursor }
    }
  }`,
  z.object({
    streams: z.object({
      edges: z.array(z.object({ node: FORECAST })),
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
    }),
  }),
);

const EVENT = z.object({
  type: z.enum(['READY', 'SNAPSHOT', 'CREATE', 'UPDATE', 'DELETE']),
  cursor: z.string(),
  id: z.string().nullable(),
  timestamp: z.string(),
  consensus: CONSENSUS.extend({ stream: z.object({ uuid: z.string(), name: z.string() }) }).nullable(),
});

/** An event of the watched consensus. */
export type ForecastEvent = z.output<typeof EVENT>;

export const watchConsensus = operation<WatchVariables>()(
  `subscription WatchConsensus($where: StreamWhere, $after: Cursor, $snapshot: Boolean) {
    consensus(where: $where, after: $after, snapshot: $snapshot, ready: true) {
      type cursor id timestamp
      consensus { ${CONSENSUS_FIELDS} stream { uuid name } }
    }
  }`,
  z.object({ consensus: EVENT }),
);
