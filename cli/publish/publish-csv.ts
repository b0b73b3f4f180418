import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CsvError } from 'csv-parse';
import { PresageError } from '../../schema/errors.ts';
import { csvRows } from '../../server/collectors/csv/csv-rows.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import { type ObservationInput, type PublishResult, publishObservations } from '../client/operations.ts';
import { whileUnavailable } from '../client/retry.ts';
import { type PublishRowsOptions, type PublishSummary, publishRows } from './publish-rows.ts';

/** Rows sent at once: far below the server's 10,000, so that the bar moves and an interrupt is quick. */
const BATCH_SIZE = 1_000;

/** A restart of the server is waited out: about a minute. */
const PATIENCE = { firstMs: 250, maxMs: 10_000, attempts: 12 };

export interface PublishCsvOptions extends Pick<PublishRowsOptions, 'stream' | 'onFailure' | 'signal'> {
  readonly client: GraphqlClient;
  readonly file: string;
  /** Called with the bytes that are done, and the file's size. */
  readonly onProgress: (bytes: number, total: number) => void;
}

/** Publishes a file. Throws `BAD_INPUT` if it can't be read at all. */
export async function publishCsv(options: PublishCsvOptions): Promise<PublishSummary> {
  const { client, file, signal, onProgress, ...rest } = options;
  const total = await sizeOf(file);
  const input = createReadStream(file);
  try {
    return await publishRows({
      ...rest,
      signal,
      rows: csvRows(input),
      batchSize: BATCH_SIZE,
      publish: (observations) =>
        whileUnavailable({ ...PATIENCE, signal }, () => publish(client, observations)),
      onProgress: (bytes) => onProgress(bytes, total),
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new PresageError('BAD_INPUT', `${file} can't be read as CSV: ${error.message}`);
  } finally {
    input.destroy();
  }
}

/** One call: what the server says of each of these observations. */
export async function publish(
  client: GraphqlClient,
  observations: readonly ObservationInput[],
): Promise<PublishResult> {
  const answer = await client.request(publishObservations, { input: { observations } });
  return answer.publishObservations;
}

async function sizeOf(file: string): Promise<number> {
  try {
    const facts = await stat(file);
    if (facts.isDirectory()) throw new PresageError('BAD_INPUT', `${file} is a directory; name a CSV file.`);
    return facts.size;
  } catch (error) {
    if (error instanceof PresageError) throw error;
    throw new PresageError('BAD_INPUT', `${file} can't be read; is the path right? (${String(error)})`);
  }
}
