import { decimalOrderKey, orderKeyNumber } from '../../../schema/decimal.ts';
import type { Condition } from '../../../schema/filter/form.ts';
import { FIELDS } from '../matchable.ts';

/** What orders a field's values by `<`: epoch ms, or a decimal's order key. All bounds of one field are of one kind. */
export type OrderKey = string | number;

/** Values from `low` to `high`; null is unbounded. An end belongs to the interval where it is inclusive. */
export interface Interval {
  readonly low: OrderKey | null;
  readonly lowInclusive: boolean;
  readonly high: OrderKey | null;
  readonly highInclusive: boolean;
}

/** A value of the field as what its intervals are compared by. */
export function orderKey(field: Condition['field'], value: string | number): OrderKey {
  return FIELDS[field].kind === 'decimal' ? decimalOrderKey(String(value)) : value;
}

/** The double nearest to what a key stands for: it never has two keys in the wrong order, but may have them equal. */
export function approximately(key: OrderKey): number {
  return typeof key === 'number' ? key : orderKeyNumber(key);
}

/** The values that satisfy an order condition, or do not; null for a condition of another kind. */
export function intervalOf({ field, op, value }: Condition, negated: boolean): Interval | null {
  const kind = FIELDS[field].kind;
  if (kind !== 'decimal' && kind !== 'time') return null;
  const at = () => orderKey(field, value);
  switch (op) {
    case 'gt':
      return negated ? below(at(), true) : above(at(), false);
    case 'gte':
      return negated ? below(at(), false) : above(at(), true);
    case 'lt':
      return negated ? above(at(), true) : below(at(), false);
    case 'lte':
      return negated ? above(at(), false) : below(at(), true);
    default:
      return null;
  }
}

function above(low: OrderKey, lowInclusive: boolean): Interval {
  return { low, lowInclusive, high: null, highInclusive: false };
}

function below(high: OrderKey, highInclusive: boolean): Interval {
  return { low: null, lowInclusive: false, high, highInclusive };
}

export function intersection(a: Interval, b: Interval): Interval {
  const lower = compareLows(a, b) >= 0 ? a : b;
  const upper = compareHighs(a, b) <= 0 ? a : b;
  return {
    low: lower.low,
    lowInclusive: lower.lowInclusive,
    high: upper.high,
    highInclusive: upper.highInclusive,
  };
}

/** Negative where `a` begins before `b`. */
export function compareLows(a: Interval, b: Interval): number {
  if (a.low === null || b.low === null) return a.low === b.low ? 0 : a.low === null ? -1 : 1;
  if (a.low !== b.low) return a.low < b.low ? -1 : 1;
  return Number(b.lowInclusive) - Number(a.lowInclusive);
}

/** Negative where `a` ends before `b`. */
export function compareHighs(a: Interval, b: Interval): number {
  if (a.high === null || b.high === null) return a.high === b.high ? 0 : a.high === null ? 1 : -1;
  if (a.high !== b.high) return a.high < b.high ? -1 : 1;
  return Number(a.highInclusive) - Number(b.highInclusive);
}

/** Whether the interval begins at the value or before it. */
export function beginsBy({ low, lowInclusive }: Interval, value: OrderKey): boolean {
  return low === null || low < value || (lowInclusive && low === value);
}

/** Whether the interval goes on to the value or past it. */
export function reaches({ high, highInclusive }: Interval, value: OrderKey): boolean {
  return high === null || high > value || (highInclusive && high === value);
}
