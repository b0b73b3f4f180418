import { compareDecimals } from '../../../schema/decimal.ts';
import type { Condition, Filter, FilterScalar, Membership } from '../../../schema/filter/form.ts';

/** Whether a document satisfies a filter, by looking: no index, one condition at a time. */
export function matches(filter: Filter, document: object): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.of.every((part) => matches(part, document));
    case 'or':
      return filter.of.some((part) => matches(part, document));
    case 'not':
      return !matches(filter.of, document);
    case 'is':
      return holds(filter, valueAt(document, filter.field));
  }
}

function holds({ field, op, value }: Condition | Membership, actual: unknown): boolean {
  if (actual === null || actual === undefined) return op === 'ne';
  if (Array.isArray(actual)) return actual.includes(value);
  if (op === 'in') return value.some((one) => compare(field, actual, one) === 0);
  if (op === 'contains') return String(actual).includes(String(value));
  const order = compare(field, actual, value);
  return { eq: order === 0, ne: order !== 0, gt: order > 0, gte: order >= 0, lt: order < 0, lte: order <= 0 }[
    op
  ];
}

function compare(field: string, actual: unknown, value: FilterScalar): number {
  if (field === 'value') return compareDecimals(String(actual), String(value));
  if (typeof actual === 'number') return actual - Number(value);
  return String(actual) === value ? 0 : String(actual) < String(value) ? -1 : 1;
}

function valueAt(document: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), document);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
