import { createReadStream } from 'node:fs';
import type { Series } from '../../neuron/adapters/adapter.ts';
import { csvRows } from '../../server/collectors/csv/csv-rows.ts';

/** A file that is no series; the message names the file and the line. */
export class BadSeriesError extends Error {
  override readonly name = 'BadSeriesError';
}

/**
 * Reads a `ts,value` file as a series; `ts` is a Unix time, ISO 8601 or a step index (which passes for seconds). Throws
 * `BadSeriesError` at the first row that is none, or not after the one before it.
 */
export async function readSeries(file: string): Promise<Series> {
  const times: number[] = [];
  const values: number[] = [];
  const input = createReadStream(file);
  try {
    for await (const row of csvRows(input)) {
      if (row.kind === 'bad') throw new BadSeriesError(`${file}:${row.line}: ${row.code}: ${row.message}`);
      const before = times.at(-1);
      if (before !== undefined && row.observedAt <= before) {
        throw new BadSeriesError(`${file}:${row.line}: rows have to be in the order of ts, each one later`);
      }
      times.push(row.observedAt);
      values.push(Number(row.value));
    }
  } catch (error) {
    if (error instanceof BadSeriesError) throw error;
    throw new BadSeriesError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    input.destroy();
  }
  return { times, values };
}
