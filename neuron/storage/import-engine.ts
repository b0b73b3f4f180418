import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { type CanonicalDecimal, parseDecimal } from '../../schema/decimal.ts';
import { messageOf, NeuronError } from '../errors.ts';
import { timeOf } from './import-time.ts';
import { isServerUuid, looksLikeUuid } from './server-uuid.ts';
import type { Store } from './store.ts';

/** What became of one table. */
export interface TableReport {
  readonly table: string;
  /** The stream's name, where the file's table `streams` has one. */
  readonly name: string | null;
  readonly outcome: 'imported' | 'left out';
  /** Why it was left out, or what its rows can't be used for; null if there is nothing to say. */
  readonly note: string | null;
  /** Rows of the table, and what they were: new here, here already, or repetitions within the table. */
  readonly rows: number;
  readonly added: number;
  readonly present: number;
  readonly repeated: number;
  /** Different rows whose time or value can't be read: kept as they are, and of no use for forecasts. */
  readonly unreadable: number;
}

/** Longer texts, and bytes, are no field of an observation. */
const MAX_CELL = 1_048_576;

/** A table that can't be read to its end. */
class UnreadableTable extends Error {
  override readonly name = 'UnreadableTable';
}

type Cell = string | number | bigint | Buffer | null;
interface SourceRow {
  readonly ts: Cell;
  readonly value: Cell;
  readonly hash: Cell;
  readonly provider: Cell;
  readonly copies: bigint;
}

const NOTHING = { rows: 0, added: 0, present: 0, repeated: 0, unreadable: 0 };

/**
 * Takes over the `engine.db` of a reference neuron: a table per stream, named by its uuid, with `ts, value, hash,
 * provider`, and a table `streams`. Every row is kept as it was. Importing the same again changes nothing. A table
 * goes in whole or not at all, a damaged one not; `onTable` hears of each when it is done. Throws `BAD_IMPORT` for what is
 * no such file.
 */
export function importEngine(file: string, store: Store, onTable: (report: TableReport) => void): void {
  const source = open(file);
  try {
    const tables = tablesOf(source, file);
    const facts = factsByUuid(source, tables);
    for (const table of tables) {
      if (table === 'streams' && columnsOf(source, table).includes('uuid'))
        onTable(importFacts(facts, store));
      else onTable(importTable(source, table, facts, store));
    }
  } finally {
    source.close();
  }
}

function open(file: string): Database.Database {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) {
    const problem = found ? `"${file}" is no file` : `There is no file "${file}"`;
    throw new NeuronError('BAD_IMPORT', `${problem}; name the engine.db of a neuron.`);
  }
  try {
    const source = new Database(file, { readonly: true, fileMustExist: true });
    // What others wrote into its schema may call nothing but what is harmless.
    source.pragma('trusted_schema = OFF');
    return source;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NeuronError('BAD_IMPORT', `"${file}" can't be opened: ${why}.`, { cause: error });
  }
}

function tablesOf(source: Database.Database, file: string): string[] {
  try {
    return source
      .prepare<[], { name: string }>(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
      )
      .all()
      .map(({ name }) => name);
  } catch (error) {
    throw new NeuronError('BAD_IMPORT', `"${file}" is no SQLite file; name the engine.db of a neuron.`, {
      cause: error,
    });
  }
}

/** What the rows of one stream in the table `streams` say of it; mostly there is one. */
interface Facts {
  readonly json: string;
  readonly name: string | null;
  readonly rows: number;
}

type FactsByUuid = ReadonlyMap<string, Facts>;

/** What the table `streams` says, by uuid. It may have any columns, as long as one of them is `uuid`. */
function factsByUuid(source: Database.Database, tables: readonly string[]): FactsByUuid {
  if (!tables.includes('streams') || !columnsOf(source, 'streams').includes('uuid')) return new Map();
  return readable(() => readFacts(source));
}

function readFacts(source: Database.Database): FactsByUuid {
  const rows = source.prepare<[], Record<string, Cell>>('SELECT * FROM streams').all();
  const facts = new Map<string, Facts>();
  for (const row of rows) {
    const uuid = textOf(row.uuid ?? null).toLowerCase();
    const before = facts.get(uuid);
    const json = before ? `${before.json}\n${JSON.stringify(row)}` : JSON.stringify(row);
    const name = row.name == null ? (before?.name ?? null) : textOf(row.name);
    facts.set(uuid, { json, name, rows: (before?.rows ?? 0) + 1 });
  }
  return facts;
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new NeuronError(
      'BAD_IMPORT',
      `The table "streams" can't be read (${messageOf(error)}); restore the file from a copy.`,
      { cause: error },
    );
  }
}

/** Keeps what the table `streams` says, of streams without a table of their own, too. */
function importFacts(facts: FactsByUuid, store: Store): TableReport {
  const counts = { ...NOTHING };
  store.transaction(() => {
    for (const [uuid, { json, rows }] of facts) {
      const isNew = store.imports.factsOf(uuid) !== json;
      store.imports.addStream(uuid, json);
      counts.rows += rows;
      counts[isNew ? 'added' : 'present'] += rows;
    }
  });
  const note = 'facts about the streams, kept with them';
  return { table: 'streams', name: null, outcome: 'imported', note, ...counts };
}

function importTable(
  source: Database.Database,
  table: string,
  facts: FactsByUuid,
  store: Store,
): TableReport {
  const leftOut = (note: string): TableReport => ({
    table,
    name: null,
    outcome: 'left out',
    note,
    ...NOTHING,
  });
  if (table === 'streams') return leftOut('it has no column uuid');
  if (!looksLikeUuid(table)) return leftOut('it is not named by a uuid, so it holds no stream');
  const columns = columnsOf(source, table);
  const missing = ['ts', 'value'].filter((column) => !columns.includes(column));
  if (missing.length > 0) return leftOut(`it has no column ${missing.join(' and ')}`);
  const uuid = table.toLowerCase();
  let counts: typeof NOTHING;
  try {
    counts = store.transaction(() => {
      const stream = store.imports.addStream(uuid, null);
      return copyRows(source, table, columns, (row) => store.imports.add(stream, row));
    });
  } catch (error) {
    if (error instanceof UnreadableTable) return leftOut(error.message);
    throw error;
  }
  const note = isServerUuid(uuid)
    ? null
    : 'its uuid is not of version 4, so no server has the stream: its rows are kept, not used';
  return { table, name: facts.get(uuid)?.name ?? null, outcome: 'imported', note, ...counts };
}

function copyRows(
  source: Database.Database,
  table: string,
  columns: readonly string[],
  add: (row: Parameters<Store['imports']['add']>[1]) => boolean,
) {
  const column = (name: string) => (columns.includes(name) ? name : `NULL AS ${name}`);
  const rows = source
    .prepare<[], SourceRow>(
      `SELECT ${['ts', 'value', 'hash', 'provider'].map(column).join(', ')}, count(*) AS copies
       FROM ${quoted(table)} GROUP BY 1, 2, 3, 4`,
    )
    .safeIntegers(true);
  const counts = { ...NOTHING };
  for (const row of reading(rows.iterate())) {
    const copies = Number(row.copies);
    const observedAt = timeOf(row.ts) ?? null;
    const decimal = decimalOf(row.value) ?? null;
    const texts = {
      ts: textOf(row.ts),
      value: textOf(row.value),
      hash: textOf(row.hash),
      provider: textOf(row.provider),
    };
    counts.rows += copies;
    counts.repeated += copies - 1;
    if (observedAt === null || decimal === null) counts.unreadable += 1;
    if (add({ ...texts, copies, observedAt, decimal })) counts.added += 1;
    else counts.present += 1;
  }
  return counts;
}

/** Rows as they come; what keeps the next one from being read is `UnreadableTable`. */
function* reading(rows: Iterator<SourceRow>): Generator<SourceRow> {
  const next = () => {
    try {
      return rows.next();
    } catch (error) {
      throw new UnreadableTable(`it can't be read: ${messageOf(error)}`);
    }
  };
  try {
    for (let row = next(); !row.done; row = next()) yield row.value;
  } finally {
    rows.return?.();
  }
}

function columnsOf(source: Database.Database, table: string): string[] {
  return source
    .prepare<[], { name: string }>(`PRAGMA table_info(${quoted(table)})`)
    .all()
    .map(({ name }) => name);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A cell as text that says all of it; nothing is the empty text. */
function textOf(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'object' || typeof cell === 'string') {
    if (cell.length > MAX_CELL)
      throw new UnreadableTable(`a field of it has ${cell.length} characters or bytes`);
  }
  return Buffer.isBuffer(cell) ? cell.toString('base64') : String(cell);
}

function decimalOf(cell: Cell): CanonicalDecimal | undefined {
  return Buffer.isBuffer(cell) || cell === null ? undefined : parseDecimal(textOf(cell).trim());
}
