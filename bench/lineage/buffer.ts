import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { readSpool } from '../../server/collectors/spool/read-spool.ts';
import { Spool } from '../../server/collectors/spool/spool.ts';
import type { AskedInstance } from '../../server/domain/buffer/buffers.ts';
import { merge } from '../../server/domain/buffer/merge.ts';
import type { BenchRow } from './report.ts';

const INSTANCES = 10;
const STREAM = { uuid: '00000000-0000-4000-8000-000000000000', name: 'bench' };
const EVERYTHING = { after: Number.MIN_SAFE_INTEGER, until: Number.MAX_SAFE_INTEGER, pageSize: 1_000 };

/**
 * Merging what 10 instances keep, of which neighbours overlap by half, against reading the same files one after the other
 * without merging: rows a second, and how much the heap grew above what it was.
 */
export async function benchBuffer(full: boolean): Promise<readonly BenchRow[]> {
  const rows = full ? 1_000_000 : 100_000;
  const directory = await mkdtemp(join(tmpdir(), 'presage-bench-'));
  try {
    const paths = Array.from({ length: INSTANCES }, (_, index) => join(directory, `i${index}`));
    for (const [index, path] of paths.entries()) fill(path, (index * rows) / 2, rows);
    const plain = await timed(async () => {
      let read = 0;
      for (const path of paths)
        for await (const page of readSpool(path, { stream: STREAM, ...EVERYTHING })) read += page.length;
      return read;
    });
    let heap = 0;
    const before = settledHeap();
    const merged = await timed(async () => {
      const asked: AskedInstance[] = [];
      const inputs = paths.map((path) => ({
        name: path,
        pages: readSpool(path, { stream: STREAM, ...EVERYTHING }),
      }));
      let given = 0;
      let last = Number.NEGATIVE_INFINITY;
      for await (const page of merge(inputs, asked)) {
        given += page.length;
        for (const { observedAt } of page) {
          if (observedAt <= last) throw new Error(`${observedAt} came after ${last}`);
          last = observedAt;
        }
        if (given % 100_000 === 0) heap = Math.max(heap, settledHeap() - before);
      }
      const expected = rows + ((INSTANCES - 1) * rows) / 2;
      if (given !== expected) throw new Error(`${given} rows came out, not ${expected}`);
      return INSTANCES * rows;
    });
    return [
      {
        ...{ what: `merge of ${INSTANCES} instances × ${rows} rows`, unit: 'rows read/s' },
        ...{ ours: merged, plain, plainly: 'the same files, one after the other' },
      },
      {
        ...{ what: `most heap above the start while merging`, unit: 'MiB' },
        ...{
          ours: heap / 1_048_576,
          plain: (INSTANCES * rows * 100) / 1_048_576,
          plainly: 'all rows held, at 100 bytes each',
        },
      },
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A spool as a collector leaves it, written in the quickest way. */
function fill(path: string, from: number, rows: number): void {
  new Spool({ directory: path, maxBytes: 1e12, retentionMs: 1e12 }).close();
  const file = new Database(join(path, 'spool.db'));
  file.pragma('synchronous = OFF');
  file
    .prepare('INSERT INTO streams (id, name, uuid, described) VALUES (1, ?, ?, ?)')
    .run(STREAM.name, STREAM.uuid, '{}');
  file
    .prepare(
      `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
       INSERT INTO observations SELECT 1, (? + i) * 1000, i || '.25', 'bench', (? + i) * 1000 FROM n`,
    )
    .run(rows, from, from);
  file.close();
}

async function timed(work: () => Promise<number>): Promise<number> {
  const began = performance.now();
  const rows = await work();
  return (rows * 1_000) / (performance.now() - began);
}

/** The heap in use after a collection, where node was started with --expose-gc. */
function settledHeap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
