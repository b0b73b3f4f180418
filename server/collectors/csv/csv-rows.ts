import type { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { z } from 'zod';
import { parseDecimal } from '../../../schema/decimal.ts';
import type { ItemCode } from '../../../schema/errors.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { parseTimestamp } from './timestamp.ts';

/** Codes of a row that can't be published: those of the server's items, and one for a row that is no `ts,value`. */
type RowCode = ItemCode | 'BAD_ROW';

interface GoodRow {
  readonly kind: 'row';
  /** Its line in the file; the first is 1. */
  readonly line: number;
  readonly observedAt: EpochMs;
  readonly value: string;
}

interface BadRow {
  readonly kind: 'bad';
  readonly line: number;
  readonly code: RowCode;
  readonly message: string;
}

export type CsvRow = (GoodRow | BadRow) & {
  /** Bytes of the file up to the end of this row. */
  readonly bytes: number;
};

const RECORD = z.object({
  record: z.array(z.string()),
  info: z.object({ bytes: z.number(), lines: z.number() }),
});

/** What the first column of a header is called. Other words may be a time that is wrong, which must not go unsaid. */
const HEADER = /^(ts|timestamp|time|date|date_?time|observed_?at|unix|epoch|step|index|ds)$/i;

/** Longest line that is read as one; more than that is no row of ours. */
const MAX_LINE_BYTES = 65_536;

/**
 * Reads `ts,value` rows; a header is optional, empty lines are skipped, every line stands for itself. A bad row is
 * handed on as such. Neither field can hold a comma, a quote or a line break, so quotes are only taken off around a
 * whole field: an unclosed one can't swallow the lines after it.
 */
export async function* csvRows(input: Readable): AsyncGenerator<CsvRow> {
  const parser = parse({
    bom: true,
    quote: null,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    info: true,
    max_record_size: MAX_LINE_BYTES,
  });
  input.on('error', (error) => parser.destroy(error));
  input.pipe(parser);
  let first = true;
  for await (const read of parser) {
    const { record, info } = RECORD.parse(read);
    const fields = record.map(unquoted);
    const isHeader = first && HEADER.test(fields[0] ?? '');
    const isEmpty = fields.every((field) => field === '');
    if (!isEmpty || fields.length > 1) first = false;
    if (isHeader || (isEmpty && fields.length === 1)) continue;
    yield { ...judge(info.lines, fields), bytes: info.bytes };
  }
}

function unquoted(field: string): string {
  const text = field.trim();
  const quoted = /^"([^"]*)"$/.exec(text);
  return quoted?.[1]?.trim() ?? text;
}

function judge(line: number, fields: readonly string[]): GoodRow | BadRow {
  const bad = (code: RowCode, message: string): BadRow => ({ kind: 'bad', line, code, message });
  const [ts, value] = fields;
  if (ts === undefined || value === undefined || fields.length !== 2) {
    const count = `${fields.length} ${fields.length === 1 ? 'field' : 'fields'}`;
    const hint = /^[^;\t]+[;\t][^;\t]+$/.test(ts ?? '') ? '; separate them by a comma' : '';
    return bad('BAD_ROW', `a row is ts,value; this one has ${count}${hint}`);
  }
  const observedAt = parseTimestamp(ts);
  if (observedAt === undefined) {
    return bad(
      'BAD_TIME',
      `${show(ts)} is no time; write 2026-01-31T12:00:00Z, 2026-01-31 for midnight in UTC, or a Unix time in seconds or ms`,
    );
  }
  const decimal = parseDecimal(value);
  if (decimal === undefined) {
    return bad(
      'BAD_VALUE',
      `${show(value)} is no decimal such as 12.5 with at most 35 digits before and 30 after the point`,
    );
  }
  return { kind: 'row', line, observedAt, value: decimal };
}

function show(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
