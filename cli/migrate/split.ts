import { PresageError } from '../../schema/errors.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import { createStream, listStreams } from '../client/operations.ts';
import { whileUnavailable } from '../client/retry.ts';
import { publish } from '../publish/publish-csv.ts';
import { type LegacySource, legacyRows } from './legacy-rows.ts';
import { type GoodRow, SplitPlan, type SplitStream } from './split-plan.ts';

const BATCH_SIZE = 1_000;
/** Streams looked up at once. */
const NAMES_AT_ONCE = 500;
/** A restart of the server is waited out: about a minute. */
const PATIENCE = { firstMs: 250, maxMs: 10_000, attempts: 12 };

export interface SplitOptions {
  readonly source: LegacySource;
  /** Only rows of this old uuid. */
  readonly uuid: string | undefined;
  /** Put before every name. */
  readonly prefix: string;
  readonly onBad: (line: number, message: string) => void;
}

/** Reads everything, changes nothing. Throws `BAD_INPUT` for a file that can't be read. */
export async function planSplit({ source, uuid, onBad }: SplitOptions): Promise<SplitPlan> {
  const plan = new SplitPlan();
  for await (const row of legacyRows(source)) {
    if (uuid !== undefined && row.uuid !== uuid) continue;
    const read = plan.add(row);
    if ('message' in read) onBad(read.line, read.message);
  }
  return plan;
}

/** The server's streams for those that are planned, by their new names, as far as there are any. */
export async function existingStreams(
  client: GraphqlClient,
  plan: SplitPlan,
  prefix: string,
): Promise<ReadonlyMap<string, { readonly uuid: string; readonly author: string }>> {
  const names = [...plan.streams.values()].map(({ name }) => prefix + name.trim());
  const found = new Map<string, { uuid: string; author: string }>();
  for (let from = 0; from < names.length; from += NAMES_AT_ONCE) {
    const where = { name: { in: names.slice(from, from + NAMES_AT_ONCE) } };
    const { streams } = await client.request(listStreams, { where, first: NAMES_AT_ONCE, after: null });
    for (const { node } of streams.edges) found.set(node.name, node);
  }
  return found;
}

/** Creates a stream for each name; the server makes its uuid, and its `meta` names the old one. Those that are there stay. */
export async function createStreams(
  client: GraphqlClient,
  streams: Iterable<SplitStream>,
  prefix: string,
  tags: readonly string[],
): Promise<void> {
  for (const { name, uuid } of streams) {
    const meta = JSON.stringify({ migratedFrom: uuid, name });
    try {
      await client.request(createStream, { input: { name: prefix + name.trim(), tags, meta } });
    } catch (error) {
      if (!(error instanceof PresageError) || error.code !== 'CONFLICT') throw error;
    }
  }
}

export interface SplitCounts {
  published: number;
  duplicates: number;
  failed: number;
}

/** Publishes every row on the stream of its name. What is there already is a duplicate, so that it can be run again. */
export async function publishSplit(
  client: GraphqlClient,
  { source, uuid, prefix, onBad }: SplitOptions,
  signal: AbortSignal,
): Promise<SplitCounts> {
  const counts: SplitCounts = { published: 0, duplicates: 0, failed: 0 };
  const plan = new SplitPlan();
  let batch: GoodRow[] = [];
  const flush = async (): Promise<void> => {
    const rows = batch;
    batch = [];
    if (rows.length === 0) return;
    const result = await whileUnavailable({ ...PATIENCE, signal }, () =>
      publish(
        client,
        rows.map(({ stream, value, observedAt }) => ({
          ...{ streamName: prefix + stream, value },
          observedAt: new Date(observedAt).toISOString(),
        })),
      ),
    );
    counts.published += result.successful;
    counts.duplicates += result.duplicates;
    for (const { index, code, message } of result.errors) {
      if (code === 'DUPLICATE') continue;
      counts.failed += 1;
      onBad(rows[index]?.line ?? 0, `${code}: ${message}`);
    }
  };
  for await (const row of legacyRows(source)) {
    if (uuid !== undefined && row.uuid !== uuid) continue;
    const read = plan.add(row);
    if ('message' in read) counts.failed += 1;
    else batch.push(read);
    if (batch.length < BATCH_SIZE) continue;
    await flush();
    if (signal.aborted) return counts;
  }
  await flush();
  return counts;
}
