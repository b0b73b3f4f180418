import type { Filter, FilterField, FilterScalar } from '../../../schema/filter/form.ts';
import type { Parameters } from './parameters.ts';

/** How a field's column compares. `nullable` ones are false, never unknown, where there is no value. */
type Column =
  | { readonly kind: 'text' | 'nullable' | 'tags' | 'uuid' | 'hash'; readonly sql: string }
  | { readonly kind: 'decimal' | 'time'; readonly sql: string };

/** Records of the lineage are matched one by one; no query filters them. */
type StoredField = Exclude<FilterField, `lineage.${string}`>;

/** Columns by the aliases that every query here uses: s streams, o observations, p predictions, e peers. */
const COLUMNS: Record<StoredField, Column> = {
  'stream.uuid': { kind: 'uuid', sql: 's.uuid' },
  'stream.name': { kind: 'text', sql: 's.name' },
  'stream.author': { kind: 'text', sql: 's.author' },
  'stream.secondary': { kind: 'nullable', sql: 's.secondary' },
  'stream.target': { kind: 'nullable', sql: 's.target' },
  'stream.tags': { kind: 'tags', sql: 's.tags' },
  value: { kind: 'decimal', sql: 'o.value' },
  observedAt: { kind: 'time', sql: 'o.observed_at' },
  provider: { kind: 'text', sql: 'o.provider' },
  hash: { kind: 'hash', sql: 'o.hash' },
  'peer.publicKey': { kind: 'text', sql: 'e.public_key' },
};

const SYMBOLS = { eq: '=', ne: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** The filter as a condition of SQL that is never NULL: the same verdict as the streamer's on the same row. */
export function filterSql(filter: Filter, parameters: Parameters): string {
  switch (filter.kind) {
    case 'and':
      return join(filter.of, ' AND ', 'TRUE', parameters);
    case 'or':
      return join(filter.of, ' OR ', 'FALSE', parameters);
    case 'not':
      return `NOT (${filterSql(filter.of, parameters)})`;
    case 'is': {
      const column = columnOf(filter.field);
      if (filter.op === 'in') {
        return `(${filter.value.map((value) => compare(column, 'eq', value, parameters)).join(' OR ') || 'FALSE'})`;
      }
      return filter.op === 'contains'
        ? contains(column, filter.value, parameters)
        : compare(column, filter.op, filter.value, parameters);
    }
  }
}

function columnOf(field: FilterField): Column {
  if (isStored(field)) return COLUMNS[field];
  throw new Error(`no query filters by ${field}`);
}

function isStored(field: FilterField): field is StoredField {
  return field in COLUMNS;
}

function join(filters: readonly Filter[], by: string, ofNone: string, parameters: Parameters): string {
  if (filters.length === 0) return ofNone;
  return `(${filters.map((filter) => filterSql(filter, parameters)).join(by)})`;
}

function compare(
  column: Column,
  op: keyof typeof SYMBOLS,
  value: FilterScalar,
  parameters: Parameters,
): string {
  const operand = toOperand(column, value, parameters);
  // A uuid or hash that can't be one differs from all.
  if (operand === undefined) return op === 'ne' ? 'TRUE' : 'FALSE';
  if (column.kind === 'nullable') {
    return op === 'ne'
      ? `${column.sql} IS DISTINCT FROM ${operand}`
      : `coalesce(${column.sql} ${SYMBOLS[op]} ${operand}, FALSE)`;
  }
  return `${column.sql} ${SYMBOLS[op]} ${operand}`;
}

function toOperand(column: Column, value: FilterScalar, parameters: Parameters): string | undefined {
  switch (column.kind) {
    case 'decimal':
      return `${parameters.add(value)}::numeric`;
    case 'time':
      return `${parameters.add(new Date(Number(value)).toISOString())}::timestamptz`;
    case 'uuid':
      return UUID.test(String(value)) ? `${parameters.add(value)}::uuid` : undefined;
    case 'hash':
      return HASH.test(String(value)) ? `decode(${parameters.add(value)}, 'hex')` : undefined;
    default:
      return `${parameters.add(value)}::text`;
  }
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const HASH = /^[0-9a-f]{64}$/;

function contains(column: Column, value: FilterScalar, parameters: Parameters): string {
  const operand = `${parameters.add(value)}::text`;
  if (column.kind === 'tags') return `${column.sql} @> ARRAY[${operand}]`;
  const text =
    column.kind === 'uuid'
      ? `${column.sql}::text`
      : column.kind === 'hash'
        ? `encode(${column.sql}, 'hex')`
        : column.sql;
  return `coalesce(position(${operand} in ${text}) > 0, FALSE)`;
}
