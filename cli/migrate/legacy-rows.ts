import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import Database from 'better-sqlite3';
import { CsvError, parse } from 'csv-parse';
import { PresageError } from '../../schema/errors.ts';

/** Names of the columns that hold what is needed. */
interface LegacyColumns {
  readonly uuid: string;
  readonly name: string;
  readonly ts: string;
  readonly value: string;
}

/** A row of old data, as text. */
export interface LegacyRow {
  /** Its line in a CSV file, its number in a table. */
  readonly line: number;
  readonly uuid: string;
  readonly name: string;
  readonly ts: string;
  readonly value: string;
}

export interface LegacySource {
  readonly file: string;
  /** Of a SQLite database. */
  readonly table: string;
  readonly columns: LegacyColumns;
}

/** What a SQLite database begins with. */
const SQLITE_MAGIC = 'SQLite format 3\0';
/** Longest line that is read as one, in bytes. */
const MAX_LINE_BYTES = 1_048_576;

/**
 * Rows of old data out of a CSV file with a header, or of a table of a SQLite database, one after the other. Throws `BAD_INPUT`
 * if the file can't be read or lacks a column.
 */
export function legacyRows(source: LegacySource): AsyncIterable<LegacyRow> | Iterable<LegacyRow> {
  return isSqlite(source.file) ? tableRows(source) : csvRows(source);
}

function isSqlite(file: string): boolean {
  const start = Buffer.alloc(SQLITE_MAGIC.length);
  try {
    const opened = openSync(file, 'r');
    readSync(opened, start);
    closeSync(opened);
  } catch (error) {
    throw new PresageError('BAD_INPUT', `${file} can't be read; is the path right? (${String(error)})`);
  }
  return start.toString('latin1') === SQLITE_MAGIC;
}

async function* csvRows({ file, columns }: LegacySource): AsyncGenerator<LegacyRow> {
  const input = createReadStream(file);
  const parser = parse({
    bom: true,
    columns: true,
    trim: true,
    relax_column_count: true,
    info: true,
    max_record_size: MAX_LINE_BYTES,
  });
  input.on('error', (error) => parser.destroy(error));
  input.pipe(parser);
  try {
    let first = true;
    for await (const { record, info } of parser) {
      if (first) checkColumns(file, Object.keys(record), columns);
      first = false;
      const of = (column: string) => String(record[column] ?? '');
      yield { line: info.lines, ...mapColumns(columns, of) };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new PresageError('BAD_INPUT', `${file} can't be read as CSV: ${error.message}`);
  } finally {
    input.destroy();
  }
}

function* tableRows({ file, table, columns }: LegacySource): Generator<LegacyRow> {
  const database = new Database(file, { readonly: true, fileMustExist: true });
  try {
    const found = database
      .prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)')
      .all(table);
    if (found.length === 0) {
      const tables = database
        .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        .all();
      throw new PresageError(
        'BAD_INPUT',
        `${file} has no table ${table}, but ${tables.map(({ name }) => name).join(', ') || 'none at all'}; name it with --table.`,
      );
    }
    checkColumns(
      file,
      found.map(({ name }) => name),
      columns,
    );
    const select = (column: string, alias: string) => `${textSql(column)} AS ${alias}`;
    const rows = database.prepare<[], Record<keyof LegacyColumns, unknown>>(
      `SELECT ${select(columns.uuid, 'uuid')}, ${select(columns.name, 'name')}, ${select(columns.ts, 'ts')},
              ${select(columns.value, 'value')} FROM ${quoted(table)}`,
    );
    let line = 0;
    for (const row of rows.iterate()) {
      line += 1;
      yield { line, uuid: text(row.uuid), name: text(row.name), ts: text(row.ts), value: text(row.value) };
    }
  } finally {
    database.close();
  }
}

/** Integers of any size as text; a REAL is a double already, whose shortest text JavaScript has. */
function textSql(column: string): string {
  return `CASE typeof(${quoted(column)}) WHEN 'integer' THEN CAST(${quoted(column)} AS TEXT) ELSE ${quoted(column)} END`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function text(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}

function mapColumns(columns: LegacyColumns, of: (column: string) => string) {
  return { uuid: of(columns.uuid), name: of(columns.name), ts: of(columns.ts), value: of(columns.value) };
}

function checkColumns(file: string, found: readonly string[], columns: LegacyColumns): void {
  const missing = Object.entries(columns).filter(([, column]) => !found.includes(column));
  if (missing.length === 0) return;
  const flags = missing.map(([key, column]) => `${column} (--${key}-column)`).join(', ');
  throw new PresageError('BAD_INPUT', `${file} has no column ${flags}; there are ${found.join(', ')}.`);
}
