import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { PresageError } from '../../../schema/errors.ts';
import type { StoredObservation, StoredRange } from '../../domain/buffer/buffers.ts';
import { SPOOL_FILE } from './spool-file.ts';

interface Row {
  readonly observedAt: number;
  readonly value: string;
  readonly provider: string;
  readonly published: number;
}

const PAGE = `
  SELECT o.observed_at AS observedAt, o.value, o.provider,
         NOT EXISTS (SELECT 1 FROM outbox w WHERE w.stream = o.stream AND w.observed_at = o.observed_at) AS published
    FROM observations o
   WHERE o.stream = ? AND o.observed_at > ? AND o.observed_at <= ?
     AND NOT EXISTS (SELECT 1 FROM refused r WHERE r.stream = o.stream AND r.observed_at = o.observed_at)
   ORDER BY o.observed_at LIMIT ?`;

/** Whether a directory holds a spool. */
export function hasSpool(directory: string): boolean {
  return existsSync(join(directory, SPOOL_FILE));
}

/**
 * Reads a stream out of a spool, page by page in the order of time, beside whoever writes it. What the server refused is
 * left out: the log has something else there. Throws `UNAVAILABLE` if there is no spool or it can't be read.
 */
export async function* readSpool(
  directory: string,
  { stream, after, until, pageSize }: StoredRange,
): AsyncGenerator<readonly StoredObservation[]> {
  const database = open(directory);
  try {
    const found = database
      .prepare<[string, string], { id: number }>(
        'SELECT id FROM streams WHERE uuid = ? OR (uuid IS NULL AND name = ?)',
      )
      .get(stream.uuid, stream.name);
    if (!found) return;
    const page = database.prepare<[number, number, number, number], Row>(PAGE);
    for (let from = after; ; ) {
      const rows = page.all(found.id, from, until, pageSize);
      if (rows.length > 0) yield rows.map((row) => ({ ...row, published: row.published === 1 }));
      const last = rows.at(-1);
      if (!last || rows.length < pageSize) return;
      from = last.observedAt;
    }
  } finally {
    database.close();
  }
}

function open(directory: string): Database.Database {
  const file = join(directory, SPOOL_FILE);
  try {
    return new Database(file, { readonly: true, fileMustExist: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PresageError('UNAVAILABLE', `The spool ${file} can't be read (${reason}).`, { cause: error });
  }
}
