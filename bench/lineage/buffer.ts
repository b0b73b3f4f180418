import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Database from 'better-sqlite3';
import { readSpool } from '../../server/collectors/spool/read-spool.ts';
import { Spool } from '../../server/collectors/spool/spool.ts';
import { type Asked, merge } from '../../server/domain/buffer/merge.ts';
import type { BenchModule, Figure } from './bench-module.ts';

const INSTANCES = 10;
const MIB = 1_048_576;
/** About what a row takes on the heap. */
const ROW_BYTES = 100;
const STREAM = { uuid: '00000000-0000-4000-8000-000000000000', name: 'bench' };
const EVERYTHING = { after: Number.MIN_SAFE_INTEGER, until: Number.MAX_SAFE_INTEGER, pageSize: 1_000 };

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/**
 * Merging what 10 instances keep, of which neighbours overlap by half, against reading the same files one after the other
 * without merging: rows a second, and how much the heap grew above what it was.
 */
export const buffer: BenchModule = { name: 'buffer', run: () => mergeBuffers() };

async function mergeBuffers(): Promise<readonly Figure[]> {
  const rows = process.argv.includes('--full') ? 1_000_000 : 100_000;
  const directory = await mkdtemp(join(tmpdir(), 'presage-bench-'));
  try {
    const paths = Array.from({ length: INSTANCES }, (_, index) => join(directory, `i${index}`));
    for (const [index, path] of paths.entries()) fill(path, (index * rows) / 2, rows);
    const plain = await timed(async () => {
      let read = 0;
      for (const path of paths)
        for await (const page of readSpool(path, { stream: STREAM, ...EVERYTHING })) read += page.length;
      return read;
    }, new Weighing());
    let heap = 0;
    const weighing = new Weighing();
    const before = settledHeap();
    const merged = await timed(async () => {
      const asked: Asked[] = [];
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
        if (given % 100_000 === 0) heap = Math.max(heap, weighing.heap() - before);
      }
      const expected = rows + ((INSTANCES - 1) * rows) / 2;
      if (given !== expected) throw new Error(`${given} rows came out, not ${expected}`);
      return INSTANCES * rows;
    }, weighing);
    const part = `merge of ${INSTANCES} × ${rows} rows`;
    const allHeld = (INSTANCES * rows * ROW_BYTES) / MIB;
    return [
      { part, what: 'merged', value: merged.rows, unit: 'rows read/s' },
      { part, what: 'read only', value: plain.rows, unit: 'rows read/s, the same files one after the other' },
      { part, what: 'ratio', value: merged.rows / plain.rows, unit: '' },
      {
        part,
        what: 'ratio of work',
        value: merged.cpuRows / plain.cpuRows,
        unit: `by processor time; merged ${merged.cpuRows.toFixed(0)} rows a second of it`,
      },
      {
        part,
        what: 'heap at most',
        value: heap / MIB,
        unit: `MiB above the start (all rows held: about ${allHeld.toFixed(0)})`,
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

interface Pace {
  /** Rows a second. */
  readonly rows: number;
  /** Rows a second of this process's processor time, which others on the machine take nothing of. */
  readonly cpuRows: number;
}

/** How fast rows come out of `work`, without what was spent on `weighing`. */
async function timed(work: () => Promise<number>, weighing: Weighing): Promise<Pace> {
  const began = performance.now();
  const cpu = process.cpuUsage();
  const rows = await work();
  const { user, system } = process.cpuUsage(cpu);
  return {
    rows: (rows * 1_000) / (performance.now() - began - weighing.ms),
    cpuRows: (rows * 1_000_000) / (user + system - weighing.cpuUs),
  };
}

/** Weighs the heap, and what that took, in ms and in microseconds of processor time. */
class Weighing {
  ms = 0;
  cpuUs = 0;

  heap(): number {
    const began = performance.now();
    const cpu = process.cpuUsage();
    const heap = settledHeap();
    const { user, system } = process.cpuUsage(cpu);
    this.cpuUs += user + system;
    this.ms += performance.now() - began;
    return heap;
  }
}

/** The heap in use after a collection. */
function settledHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
