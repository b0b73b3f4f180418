import { compareDecimals } from '../../schema/decimal.ts';
import type { Condition, FieldKind, Filter, FilterScalar, Membership } from '../../schema/filter/form.ts';
import type { Conjunction } from '../../schema/filter/normalise.ts';
import { FIELDS, type FieldValue, type Matchable } from './matchable.ts';

export type Predicate = (thing: Matchable) => boolean;

/** A filter as a function, made once and asked for every entry. */
export function compile(filter: Filter): Predicate {
  switch (filter.kind) {
    case 'and': {
      const parts = filter.of.map(compile);
      return (thing) => parts.every((part) => part(thing));
    }
    case 'or': {
      const parts = filter.of.map(compile);
      return (thing) => parts.some((part) => part(thing));
    }
    case 'not': {
      const inner = compile(filter.of);
      return (thing) => !inner(thing);
    }
    case 'is':
      return compileCondition(filter);
  }
}

/** All of a conjunction as one function. */
export function compileConjunction(conjunction: Conjunction): Predicate {
  const parts = conjunction.map(({ condition, negated }): Predicate => {
    const holds = compileCondition(condition);
    return negated ? (thing) => !holds(thing) : holds;
  });
  const [only, ...more] = parts;
  return only && more.length === 0 ? only : (thing) => parts.every((part) => part(thing));
}

function compileCondition(condition: Condition | Membership): Predicate {
  const { kind, read } = FIELDS[condition.field];
  const holds = test(kind, condition);
  // A field without a value satisfies `ne` and nothing else.
  const withoutValue = condition.op === 'ne';
  return (thing) => {
    const value = read(thing);
    return value === null || value === undefined ? withoutValue : holds(value);
  };
}

type Test = (value: NonNullable<FieldValue>) => boolean;

function test(kind: FieldKind, condition: Condition | Membership): Test {
  if (condition.op === 'in') {
    // Canonical decimals are equal exactly when their texts are, so membership is text membership for them too.
    const values = new Set<unknown>(condition.value);
    return (value) => values.has(value);
  }
  const operand = condition.value;
  switch (condition.op) {
    case 'eq':
      return (value) => value === operand;
    case 'ne':
      return (value) => value !== operand;
    case 'contains':
      return (value) => typeof value !== 'number' && value.includes(String(operand));
    case 'gt':
      return (value) => order(kind, value, operand) > 0;
    case 'gte':
      return (value) => order(kind, value, operand) >= 0;
    case 'lt':
      return (value) => order(kind, value, operand) < 0;
    case 'lte':
      return (value) => order(kind, value, operand) <= 0;
  }
}

/** Orders a field's value and an operand; NaN, which satisfies no comparison, where they have no order. */
function order(kind: FieldKind, value: NonNullable<FieldValue>, operand: FilterScalar): number {
  if (typeof value === 'number' && typeof operand === 'number') return value - operand;
  if (kind === 'decimal' && typeof value === 'string' && typeof operand === 'string') {
    return compareDecimals(value, operand);
  }
  return Number.NaN;
}
