import { badFilter } from './condition.ts';
import {
  type Condition,
  type Filter,
  type FilterField,
  type FilterScalar,
  MAX_IN_VALUES,
  type Membership,
} from './form.ts';

/** A condition, or that it does not hold. The two differ from a turned operator where the field has no value. */
export interface Literal {
  readonly condition: Condition | Membership;
  readonly negated: boolean;
}

/** Conditions that must all hold; everything if there are none. */
export type Conjunction = readonly Literal[];

/** Alternatives of which one must hold (disjunctive normal form); nothing if there are none. */
export type Alternatives = readonly Conjunction[];

/** `and`, `or` over literals: negations stand at the conditions (negation normal form). */
type Positive =
  | { readonly kind: 'literal'; readonly literal: Literal }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Positive[] };

/** What a filter would be once it is written out. */
interface Size {
  readonly alternatives: number;
  readonly conditions: number;
  /** That all conditions together compare with: those of a membership count each. */
  readonly values: number;
}

/** So many times as many values as conditions: one long membership, but not one in each of many alternatives. */
const VALUES_A_CONDITION = 16;

/**
 * Writes a filter out as alternatives of plain conjunctions, which is what can be indexed. Equalities of one field
 * joined by `or` stay one membership. Throws `BAD_FILTER` where that would be more than `maxConditions` conditions, or
 * 16 times as many values, counted before any is made, as `and` of `or`s multiply.
 */
export function normalise(filter: Filter, maxConditions: number): Alternatives {
  const positive = pushNegations(filter, false);
  const { conditions, alternatives, values } = sizeOf(positive);
  const size = Math.max(conditions, alternatives);
  if (size > maxConditions) {
    throw badFilter(
      `The filter comes to ${size.toLocaleString('en')} conditions when its and, or and not are written out as alternatives; ${maxConditions} are allowed. Use "in" for alternatives of one field, or several subscriptions.`,
    );
  }
  const maxValues = Math.max(maxConditions * VALUES_A_CONDITION, MAX_IN_VALUES);
  if (values > maxValues) {
    throw badFilter(
      `The filter compares with ${values.toLocaleString('en')} values when its and, or and not are written out as alternatives, each of which repeats what it shares with others; ${maxValues} are allowed. Use several subscriptions.`,
    );
  }
  return distinct(
    writeOut(positive).map((conjunction) => distinct(conjunction, literalKey)),
    conjunctionKey,
  );
}

/** The same for filters that are the same once they are written out, whatever the order of their parts. */
export function filterKey(alternatives: Alternatives): string {
  // JSON's text is one piece in memory; what is put together by + keeps its parts.
  return JSON.stringify(alternatives.map(conjunctionKey).sort());
}

function pushNegations(filter: Filter, negated: boolean): Positive {
  switch (filter.kind) {
    case 'not':
      return pushNegations(filter.of, !negated);
    case 'is':
      // A member of nothing: what never holds has no alternatives, so that whoever indexes them need not think of it.
      if (filter.op === 'in' && filter.value.length === 0) return { kind: negated ? 'and' : 'or', of: [] };
      return { kind: 'literal', literal: literal(filter, negated) };
    case 'and':
    case 'or': {
      const kind = (filter.kind === 'or') === negated ? 'and' : 'or';
      const of = filter.of.map((part) => pushNegations(part, negated));
      return { kind, of: kind === 'or' ? joinEqualities(of) : of };
    }
  }
}

function literal(condition: Condition | Membership, negated: boolean): Literal {
  // These two are each other's opposite, also of a field without a value.
  if (negated && condition.op === 'eq') return { condition: { ...condition, op: 'ne' }, negated: false };
  if (negated && condition.op === 'ne') return { condition: { ...condition, op: 'eq' }, negated: false };
  return { condition, negated };
}

/** `a = 1 or a in (2, 3)` is `a in (1, 2, 3)`. */
function joinEqualities(alternatives: readonly Positive[]): Positive[] {
  const values = new Map<FilterField, Set<FilterScalar>>();
  const others: Positive[] = [];
  for (const alternative of alternatives.flatMap(partsOf('or'))) {
    const equality = alternative.kind === 'literal' ? equalityOf(alternative.literal) : null;
    if (!equality) others.push(alternative);
    else {
      const { field, value } = equality;
      const known = values.get(field) ?? new Set();
      for (const one of Array.isArray(value) ? value : [value]) known.add(one);
      values.set(field, known);
    }
  }
  const joined = [...values].map(([field, given]): Positive => {
    const [first, ...more] = given;
    const condition: Condition | Membership =
      first !== undefined && more.length === 0
        ? { kind: 'is', field, op: 'eq', value: first }
        : { kind: 'is', field, op: 'in', value: [...given] };
    return { kind: 'literal', literal: { condition, negated: false } };
  });
  return [...joined, ...others];
}

function equalityOf({ condition, negated }: Literal): Condition | Membership | null {
  return !negated && (condition.op === 'eq' || condition.op === 'in') ? condition : null;
}

function partsOf(kind: 'and' | 'or'): (positive: Positive) => readonly Positive[] {
  return (positive) => (positive.kind === kind ? positive.of : [positive]);
}

function sizeOf(positive: Positive): Size {
  if (positive.kind === 'literal') {
    const { condition } = positive.literal;
    return { alternatives: 1, conditions: 1, values: condition.op === 'in' ? condition.value.length : 1 };
  }
  const sizes = positive.of.map(sizeOf);
  if (positive.kind === 'or') {
    return {
      alternatives: sum(sizes.map(({ alternatives }) => alternatives)),
      conditions: sum(sizes.map(({ conditions }) => conditions)),
      values: sum(sizes.map(({ values }) => values)),
    };
  }
  // Each alternative of one part is repeated with each combination of the others'.
  const alternatives = sizes.reduce((product, size) => product * size.alternatives, 1);
  const repeated = (of: 'conditions' | 'values') =>
    sum(sizes.map((size) => (size.alternatives === 0 ? 0 : (size[of] * alternatives) / size.alternatives)));
  return { alternatives, conditions: repeated('conditions'), values: repeated('values') };
}

function writeOut(positive: Positive): Literal[][] {
  switch (positive.kind) {
    case 'literal':
      return [[positive.literal]];
    case 'or':
      return positive.of.flatMap(writeOut);
    case 'and':
      return positive.of
        .map(writeOut)
        .reduce<Literal[][]>(
          (all, part) => all.flatMap((left) => part.map((right) => [...left, ...right])),
          [[]],
        );
  }
}

function conjunctionKey(conjunction: Conjunction): string {
  return `(${conjunction.map(literalKey).sort().join('&')})`;
}

function literalKey({ condition, negated }: Literal): string {
  const { field, op } = condition;
  const value = condition.op === 'in' ? [...condition.value].sort() : condition.value;
  return `${negated ? '!' : ''}${field} ${op} ${JSON.stringify(value)}`;
}

function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  if (items.length < 2) return [...items];
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
