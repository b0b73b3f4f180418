import { z } from 'zod';
import { fromSymbols } from '../schema/filter/from-symbols.ts';
import { ADAPTER_NAMES, type AdapterName } from './adapters/adapter.ts';
import type { BackoffBounds } from './backoff.ts';
import { messageOf, NeuronError } from './errors.ts';
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
  /** Follow streams with one of these tags too; with `streams` and `tags` both empty, all of them. @default [] */
  readonly tags: readonly string[];
  /** Conditions in symbols (`stream.tags array-contains crypto`) that every followed stream meets. @default [] */
  readonly filters: readonly string[];
  /** Forecasting methods that may be used. @default all of them */
  readonly adapters: readonly AdapterName[];
  /** Steps ahead that are predicted, each 1 to 64; 1 is the next observation. @default [1] */
  readonly horizons: readonly number[];
  /** Levels of the quantiles that are predicted, ascending; empty for none. @default [0.1, 0.25, 0.5, 0.75, 0.9] */
  readonly quantiles: readonly number[];
  /** A stream is trained again this many ms after the last time, 0 after every observation. @default 600000 */
  readonly trainIntervalMs: number;
  /** Worker threads that train at most. @default 2 */
  readonly trainThreads: number;
  /** After this many ms a fit is cut off, and tried again later. @default 60000 */
  readonly fitTimeoutMs: number;
  /** Memory of the whole process, worker threads included, in MB: bounds what a fit may take. @default 512 */
  readonly memoryMb: number;
  /** Loopback port of the state API for status and dashboard; 0 for none. @default 24601 */
  readonly uiPort: number;
  /** Observations and answered predictions older than this many days are deleted; 0 keeps them. @default 0 */
  readonly retentionDays: number;
  /** Whether the space of deleted rows goes back to the disk. @default true */
  readonly vacuum: boolean;
  /** Largest `neuron.db` in MB; 0 for what the disk takes. @default 0 */
  readonly maxStoreMb: number;
  /** Facts about streams are fetched again when older than this many ms. @default 3600000 */
  readonly factsMaxAgeMs: number;
  /** How often the server's scores of own predictions are asked for, ms, if any are due. @default 60000 */
  readonly scoresIntervalMs: number;
  /** Request bodies of at least so many bytes are compressed by gzip. @default 8192 */
  readonly gzipBytes: number;
  /** Longer answers of the server are given up, bytes. @default 33554432 */
  readonly maxAnswerBytes: number;
  /** Predictions in one call, 1 to 1,000: making a call of 1,000 holds the main thread for 30 ms. @default 250 */
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
  /** Newest observations of a stream that its model looks at. @default 8000 */
  readonly historyRows: number;
}

/** Farthest step ahead that servers take. */
const MAX_HORIZON = 64;

const ascending = (levels: readonly number[]) =>
  levels.every((level, index) => index === 0 || level > (levels[index - 1] ?? 1));
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
        // A uuid is written in either case; servers write it in lower.
        .transform((text) => (looksLikeUuid(text) ? text.toLowerCase() : text))
        .refine((text) => !looksLikeUuid(text) || isServerUuid(text), {
          error: ({ input }) => `"${input}" is a uuid, but none of version 4; servers give only those`,
        }),
    )
    .max(100)
    .default([]),
  tags: z.array(z.string().min(1).max(200)).max(100).default([]),
  filters: z.array(z.string().min(1).max(1_000)).max(32).superRefine(checkFilters).default([]),
  horizons: z
    .array(z.int().min(1).max(MAX_HORIZON))
    .min(1)
    .max(MAX_HORIZON)
    .refine((steps) => new Set(steps).size === steps.length, { error: 'must not name a step twice' })
    .default([1]),
  quantiles: z
    .array(z.number().gt(0).lt(1))
    .max(99)
    .refine(ascending, { error: 'must ascend' })
    .default([0.1, 0.25, 0.5, 0.75, 0.9]),
  trainIntervalMs: milliseconds(600_000),
  trainThreads: z.int().min(1).max(64).default(2),
  fitTimeoutMs: z.number().min(100).max(3_600_000).default(60_000),
  memoryMb: z.int().min(128).max(1_048_576).default(512),
  uiPort: z.int().min(0).max(65_535).default(24_601),
  retentionDays: z.number().min(0).max(36_500).default(0),
  vacuum: z.boolean().default(true),
  maxStoreMb: z.number().min(0).max(1_048_576).default(0),
  factsMaxAgeMs: z.number().min(1_000).max(604_800_000).default(3_600_000),
  scoresIntervalMs: z.number().min(1).max(86_400_000).default(60_000),
  gzipBytes: z.int().min(0).max(1_073_741_824).default(8_192),
  maxAnswerBytes: z.int().min(65_536).max(1_073_741_824).default(33_554_432),
  adapters: z
    .array(z.enum(ADAPTER_NAMES))
    .min(1)
    .default([...ADAPTER_NAMES]),
  maxBatch: z.int().min(1).max(1_000).default(250),
  backoff: z
    .strictObject({ firstMs: z.number().positive(), maxMs: z.number().positive() })
    .refine((bounds) => bounds.firstMs <= bounds.maxMs, { error: 'firstMs must not exceed maxMs' })
    .default({ firstMs: 250, maxMs: 30_000 }),
  roundWindowMs: milliseconds(10),
  requestTimeoutMs: z.number().min(1).max(600_000).default(15_000),
  keepAliveMs: z.number().min(1).max(600_000).default(10_000),
  drainMs: milliseconds(2_000),
  historyRows: z.int().min(10).max(100_000).default(8_000),
});

function checkFilters(filters: readonly string[], context: z.RefinementCtx): void {
  try {
    fromSymbols('stream', filters);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
  }
}

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
