import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { EpochMs } from '../../../schema/time.ts';
import type { NewStream } from '../../domain/stream/streams.ts';
import { type CsvRow, csvRows } from '../csv/csv-rows.ts';
import { type CollectorSource, PartialFailure, type Sample } from '../source.ts';
import { type SourceContext, sourceKind } from './source-kind.ts';

/** Most rows of one file that one sample gives: what is due beyond that comes with the next. */
const ROWS_AT_ONCE = 5_000;

const OPTIONS = z.strictObject({
  folder: z.string().min(1),
  speed: z.union([z.literal('max'), z.number().positive().max(1e9)]).default(1),
  times: z.enum(['shifted', 'original']).default('shifted'),
  prefix: z.string().max(100).default(''),
});

type Options = z.output<typeof OPTIONS>;

/**
 * Replays a folder of CSV files of `ts,value`, one a stream that is named for it. `speed` 1 is real time, 60 an hour in a
 * minute, `max` as fast as it goes. With `times: shifted` an observation's time is when it is replayed; with `original`
 * it is that of the row. A replay that is stopped goes on where it was, and what came due meanwhile comes at once.
 */
export const csv = sourceKind({
  type: 'csv',
  every: '1s',
  options: OPTIONS.refine(({ speed, times }) => speed !== 'max' || times === 'original', {
    message: 'speed: max goes with times: original, as all rows would be of the same time',
  }),
  open: (options, context) => [new Replay(options, context)],
});

class Replay implements CollectorSource {
  readonly name: string;
  readonly streams: readonly NewStream[];
  readonly #folder: string;
  readonly #options: Options;
  readonly #context: SourceContext;
  #files: readonly ReplayedFile[] | undefined;

  constructor(options: Options, context: SourceContext) {
    this.name = context.name;
    this.#options = options;
    this.#context = context;
    this.#folder = resolve(context.directory, options.folder);
    this.streams = filesOf(this.#folder).map((name) => ({ name: options.prefix + streamOf(name) }));
  }

  async sample(): Promise<readonly Sample[]> {
    this.#files ??= this.#open();
    // Asked again: what was given before is in the spool.
    for (const file of this.#files) this.#context.remember(`rows ${file.name}`, String(file.given));
    const now = Date.now();
    const origin = await this.#origin(now);
    const samples: Sample[] = [];
    const problems: string[] = [];
    for (const file of this.#files) {
      for (let rows = 0; rows < ROWS_AT_ONCE; rows++) {
        const row = await file.peek();
        if (!row || (row.kind === 'row' && this.#due(row.observedAt, origin) > now)) break;
        file.take();
        if (row.kind === 'bad') problems.push(`${file.name}:${row.line}: ${row.message}`);
        else {
          const observedAt =
            this.#options.times === 'original' ? row.observedAt : this.#due(row.observedAt, origin);
          samples.push({ stream: `${this.#options.prefix}${file.stream}`, value: row.value, observedAt });
        }
      }
    }
    if (problems.length > 0) throw new PartialFailure(problems.slice(0, 10).join('; '), samples);
    return samples;
  }

  close(): void {
    for (const file of this.#files ?? []) file.close();
  }

  #open(): readonly ReplayedFile[] {
    const names = filesOf(this.#folder);
    if (names.length === 0) throw new Error(`There is no CSV file in ${this.#folder}.`);
    return names.map(
      (name) => new ReplayedFile(this.#folder, name, Number(this.#context.recall(`rows ${name}`) ?? 0)),
    );
  }

  /** The first row's time, and when it was replayed: the same ones in every run. */
  async #origin(now: EpochMs): Promise<{ readonly first: EpochMs; readonly start: EpochMs }> {
    const known = this.#context.recall('origin')?.split(' ').map(Number);
    if (known?.[0] !== undefined && known[1] !== undefined) return { first: known[0], start: known[1] };
    let first = Number.POSITIVE_INFINITY;
    for (const file of this.#files ?? []) {
      const row = await file.peekGood();
      if (row) first = Math.min(first, row.observedAt);
    }
    if (first !== Number.POSITIVE_INFINITY) this.#context.remember('origin', `${first} ${now}`);
    return { first, start: now };
  }

  #due(observedAt: EpochMs, { first, start }: { first: EpochMs; start: EpochMs }): EpochMs {
    const { speed } = this.#options;
    return speed === 'max' ? start : start + Math.round((observedAt - first) / speed);
  }
}

/** The CSV files of a folder; none if there is no such folder. */
function filesOf(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.toLowerCase().endsWith('.csv'))
    .sort();
}

function streamOf(file: string): string {
  return file.replace(/\.csv$/i, '');
}

/** A file, and how far it has been read. */
class ReplayedFile {
  readonly name: string;
  readonly stream: string;
  /** Rows that were handed out, in earlier runs too. */
  given: number;
  readonly #input;
  readonly #rows: AsyncIterator<CsvRow>;
  readonly #ahead: CsvRow[] = [];
  #skip: number;

  constructor(folder: string, name: string, done: number) {
    this.name = name;
    this.stream = streamOf(name);
    this.given = done;
    this.#skip = done;
    this.#input = createReadStream(join(folder, name));
    this.#rows = csvRows(this.#input);
  }

  /** The next row, which stays the next one; `undefined` at the end. */
  async peek(): Promise<CsvRow | undefined> {
    for (; this.#skip > 0; this.#skip--) await this.#rows.next();
    if (this.#ahead.length === 0) await this.#read();
    return this.#ahead[0];
  }

  /** The next good row, which like the bad ones before it is still to come. */
  async peekGood() {
    let row = await this.peek();
    for (let ahead = 1; row?.kind === 'bad'; ahead++) {
      if (this.#ahead.length === ahead) await this.#read();
      row = this.#ahead[ahead];
    }
    return row;
  }

  take(): void {
    this.#ahead.shift();
    this.given += 1;
  }

  close(): void {
    this.#input.destroy();
  }

  async #read(): Promise<void> {
    const { value, done } = await this.#rows.next();
    if (done !== true) this.#ahead.push(value);
  }
}
