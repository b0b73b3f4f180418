import { parseDecimal } from '../decimal.ts';
import { PresageError } from '../errors.ts';
import { textTrouble } from '../text.ts';
import { parseTime } from '../time.ts';
import { isUuid, notAUuid } from '../uuid.ts';
import {
  type Condition,
  FILTER_FIELDS,
  type FieldKind,
  type FilterField,
  type FilterOp,
  type FilterScalar,
  type FilterSubject,
  MAX_IN_VALUES,
  MAX_TEXT,
  type Membership,
} from './form.ts';

const OPS_OF_KIND: Record<FieldKind, readonly FilterOp[]> = {
  text: ['eq', 'ne', 'in', 'contains'],
  tags: ['contains'],
  decimal: ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in'],
  time: ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'],
};

/**
 * One checked condition. Throws `BAD_FILTER` for a field, operator or value that `subject` does not have, with
 * operators as whoever wrote the filter `spell`s them.
 */
export function condition(
  subject: FilterSubject,
  field: string,
  op: FilterOp,
  raw: unknown,
  spell: (op: FilterOp) => string = (name) => name,
): Condition | Membership {
  const kind = fieldKind(subject, field);
  if (!OPS_OF_KIND[kind].includes(op)) {
    const ops = OPS_OF_KIND[kind].map(spell);
    const known = ops.length === 1 ? ops[0] : `one of ${ops.join(', ')}`;
    throw badFilter(`${field} has no operator ${spell(op)}; use ${known}.`);
  }
  const name = field as FilterField;
  if (op !== 'in') return { kind: 'is', field: name, op, value: scalar(kind, field, op, raw, spell(op)) };
  const values = Array.isArray(raw) ? raw : [raw];
  if (values.length > MAX_IN_VALUES) {
    throw badFilter(
      `${field} ${spell(op)} has ${values.length} values; at most ${MAX_IN_VALUES} are allowed.`,
    );
  }
  const checked = values.map((value) => scalar(kind, field, op, value, spell(op)));
  return { kind: 'is', field: name, op, value: checked };
}

function fieldKind(subject: FilterSubject, field: string): FieldKind {
  const fields: Record<string, FieldKind> = FILTER_FIELDS[subject];
  const kind = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (!kind) throw badFilter(`There is no field "${field}"; use one of ${Object.keys(fields).join(', ')}.`);
  return kind;
}

function scalar(kind: FieldKind, field: string, op: FilterOp, raw: unknown, spelled: string): FilterScalar {
  if (raw === null || raw === undefined) {
    throw badFilter(`${field} ${spelled} has no value; leave the condition out or give it one.`);
  }
  const given = typeof raw === 'string' && LOWER_CASE.has(field) ? raw.toLowerCase() : raw;
  const value = typeof given === 'string' || typeof given === 'number' ? parse(kind, given) : undefined;
  if (field === 'stream.uuid' && op !== 'contains' && typeof value === 'string' && !isUuid(value)) {
    throw badFilter(`${field} ${spelled}: ${notAUuid(value)}`);
  }
  if (value === undefined) throw badFilter(`${field} ${spelled} ${show(raw)}: ${EXPECTED[kind]}.`);
  return value;
}

/** Hexadecimal text is stored in lower case. */
const LOWER_CASE: ReadonlySet<string> = new Set(['stream.uuid', 'hash']);

const EXPECTED: Record<FieldKind, string> = {
  text: `expected a text of at most ${MAX_TEXT} characters`,
  tags: `expected a tag of at most ${MAX_TEXT} characters`,
  decimal: 'expected a decimal such as 12.5, with at most 35 digits before and 30 after the point',
  time: 'expected a date and time with a zone, such as 2026-01-31T12:00:00Z',
};

function parse(kind: FieldKind, raw: string | number): FilterScalar | undefined {
  switch (kind) {
    case 'decimal':
      return parseDecimal(raw);
    case 'time':
      return parseTime(String(raw));
    case 'text':
    case 'tags': {
      const text = String(raw);
      // What can't be stored is equal to nothing; Postgres would be asked for another text.
      return text.length <= MAX_TEXT && textTrouble(text) === undefined ? text : undefined;
    }
  }
}

function show(raw: unknown): string {
  const text = JSON.stringify(raw) ?? String(raw);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

export function badFilter(message: string): PresageError {
  return new PresageError('BAD_FILTER', message);
}
