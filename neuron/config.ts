import { z } from 'zod';
import { ADAPTER_NAMES, type AdapterName } from './adapters/adapter.ts';
import type { BackoffBounds } from './backoff.ts';
import { NeuronError } from './errors.ts';
import { isServerUuid, looksLikeUuid } from './storage/server-uuid.ts';

/** Everything a neuron can be told. Made by `neuronConfig`, which fills in the defaults and freezes it. */
export interface NeuronConfig {
  /** Where the server is, without a path: `http://localhost:4000`. */
  readonly serverUrl: string;
  /** Directory of `neuron.db` and the key; made if missing. One neuron at a time. */
  readonly dataDir: string;
  /** The tenant whose log is followed. @default 'default' */
  readonly tenant: string;
  /** Lets the peer into its tenant, which is then the code's; null for none. @default null */
  readonly joinCode: string | null;
  /** How the peer wants to be called; null for no name. @default null */
  readonly name: string | null;
  /** Names or uuids of the streams to follow; empty for all of them. @default [] */
  readonly streams: readonly string[];
  /** Forecasting methods that may be used. @default all of them */
  readonly adapters: readonly AdapterName[];
  /** Predictions in one call, 1 to 1,000. @default 1000 */
  readonly maxBatch: number;
  /** Pauses between attempts to reach the server. @default 250 ms to 30 s */
  readonly backoff: BackoffBounds;
  /** Arrivals within this many ms make one round of predictions. @default 10 */
  readonly roundWindowMs: number;
  /** After this many ms a request counts as lost. @default 15000 */
  readonly requestTimeoutMs: number;
  /** Pings on a quiet subscription, ms; an unanswered one ends the connection. @default 10000 */
  readonly keepAliveMs: number;
  /** How long `stop` may go on sending what is in the outbox, ms. @default 2000 */
  readonly drainMs: number;
  /** Newest observations of a stream that its model looks at. @default 1000 */
  readonly historyRows: number;
}

const milliseconds = (preset: number) => z.number().min(0).max(86_400_000).default(preset);

const SCHEMA = z.strictObject({
  serverUrl: z.url({ protocol: /^https?$/, error: 'must be a URL such as http://localhost:4000' }),
  dataDir: z.string().min(1),
  tenant: z.string().min(1).max(63).default('default'),
  joinCode: z.string().min(1).max(200).nullable().default(null),
  name: z.string().min(1).max(200).nullable().default(null),
  streams: z
    .array(
      z
        .string()
        .min(1)
        .refine((text) => !looksLikeUuid(text) || isServerUuid(text), {
          error: 'is a uuid, but none of version 4; servers give only those',
        }),
    )
    .max(100)
    .default([]),
  adapters: z
    .array(z.enum(ADAPTER_NAMES))
    .min(1)
    .default([...ADAPTER_NAMES]),
  maxBatch: z.int().min(1).max(1_000).default(1_000),
  backoff: z
    .strictObject({ firstMs: z.number().positive(), maxMs: z.number().positive() })
    .refine((bounds) => bounds.firstMs <= bounds.maxMs, { error: 'firstMs must not exceed maxMs' })
    .default({ firstMs: 250, maxMs: 30_000 }),
  roundWindowMs: milliseconds(10),
  requestTimeoutMs: z.number().min(1).max(600_000).default(15_000),
  keepAliveMs: z.number().min(1).max(600_000).default(10_000),
  drainMs: milliseconds(2_000),
  historyRows: z.int().min(10).max(100_000).default(1_000),
});

/** What must be given, and what may be. */
export type NeuronOptions = z.input<typeof SCHEMA>;

/** Checks options and fills in the defaults. Throws `BAD_CONFIG` that lists every problem. */
export function neuronConfig(options: NeuronOptions): NeuronConfig {
  const parsed = SCHEMA.safeParse(options);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'config'}: ${issue.message}`,
    );
    throw new NeuronError(
      'BAD_CONFIG',
      `The neuron's configuration can't be used.\n  ${problems.join('\n  ')}`,
    );
  }
  const { serverUrl, ...rest } = parsed.data;
  return Object.freeze({ ...rest, serverUrl: serverUrl.replace(/\/+$/, '') });
}
