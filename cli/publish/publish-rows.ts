import type { CsvRow } from '../../server/collectors/csv/csv-rows.ts';
import type { ObservationInput, PublishResult } from '../client/operations.ts';

/** What became of a file. */
export interface PublishSummary {
  published: number;
  /** Rows that the server had already: what makes a second run resume. */
  duplicates: number;
  failed: number;
  /** Whether it ended before the end of the rows. */
  interrupted: boolean;
}

interface RowFailure {
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

export interface PublishRowsOptions {
  readonly rows: AsyncIterable<CsvRow>;
  /** The stream, as an observation names it. */
  readonly stream: Pick<ObservationInput, 'streamUuid' | 'streamName'>;
  readonly batchSize: number;
  readonly publish: (observations: readonly ObservationInput[]) => Promise<PublishResult>;
  readonly onFailure: (failure: RowFailure) => void;
  /** Called after each batch with how many bytes of the file are done. */
  readonly onProgress: (bytes: number, summary: Readonly<PublishSummary>) => void;
  /** Stops after the batch under way. */
  readonly signal: AbortSignal;
}

/** Publishes rows in batches, one after the other so that their order is the file's. A bad row costs only itself. */
export async function publishRows(options: PublishRowsOptions): Promise<PublishSummary> {
  const summary: PublishSummary = { published: 0, duplicates: 0, failed: 0, interrupted: false };
  let batch: { line: number; input: ObservationInput }[] = [];
  let bytes = 0;

  const fail = (failure: RowFailure): void => {
    summary.failed += 1;
    options.onFailure(failure);
  };
  const flush = async (): Promise<void> => {
    if (batch.length > 0) {
      const result = await options.publish(batch.map(({ input }) => input));
      summary.published += result.successful;
      summary.duplicates += result.duplicates;
      for (const { index, code, message } of result.errors) {
        if (code !== 'DUPLICATE') fail({ line: batch[index]?.line ?? 0, code, message });
      }
      batch = [];
    }
    options.onProgress(bytes, summary);
  };

  for await (const row of options.rows) {
    bytes = row.bytes;
    if (row.kind === 'bad') fail(row);
    else {
      const observedAt = new Date(row.observedAt).toISOString();
      batch.push({ line: row.line, input: { ...options.stream, value: row.value, observedAt } });
    }
    if (batch.length >= options.batchSize) {
      await flush();
      if (options.signal.aborted) return { ...summary, interrupted: true };
    }
  }
  await flush();
  return summary;
}
