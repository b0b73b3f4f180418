import type { FilterField } from '../../../schema/filter/form.ts';
import type { Conjunction, Literal } from '../../../schema/filter/normalise.ts';
import { FIELDS } from '../matchable.ts';
import { beginsBy, type Interval, intersection, intervalOf, reaches } from './interval.ts';
import type { Probe } from './probe.ts';

/** A value that is found by hashing. */
export type HashKey = string | number;

interface ByKeys {
  readonly kind: 'keys';
  readonly field: FilterField;
  /** The value is one of these. */
  readonly keys: readonly HashKey[];
}

interface ByInterval extends Interval {
  readonly kind: 'interval';
  readonly field: FilterField;
  /** Whether a thing without the field satisfies it too, as it does a negated comparison. */
  readonly orAbsent: boolean;
}

/** A part of a conjunction by which an index can find it: the value that a thing has, or an interval around that. */
export type Access = ByKeys | ByInterval;

export interface Accesses {
  /** The most selective first. */
  readonly accesses: readonly Access[];
  /** What is left of the conjunction: conditions that nothing can be found by. */
  readonly residual: Conjunction;
}

/** How many of all things share a value of the field, roughly: the lower, the more an equality of it says. */
const SHARE: Record<FilterField, number> = {
  hash: 0,
  'stream.uuid': 1,
  'stream.name': 1,
  'peer.publicKey': 2,
  'stream.secondary': 3,
  'stream.target': 3,
  value: 4,
  observedAt: 4,
  'stream.author': 5,
  'stream.tags': 6,
  provider: 7,
  'lineage.streams': 2,
  'lineage.instance': 4,
  'lineage.kind': 7,
};
/** An interval with two ends says more than most fields that many share, one with a single end the least of all. */
const SHARE_OF_INTERVAL = 5.5;
const SHARE_OF_HALF_LINE = 8;
/** So many times as many values, and a membership says as much less as the next field does. */
const MEMBERSHIP_STEP = 8;

/**
 * The ways to find a conjunction. Without any, each thing has to be asked. Where many conjunctions agree on memberships,
 * an index has a place for each combination of their values: so many `places` at most, or the values of the most
 * selective one. What would take more is left to be asked.
 */
export function accessesOf(conjunction: Conjunction, places: number): Accesses {
  const keys: Access[] = [];
  const literals = new Map<Access, Literal>();
  const intervals = new Map<FilterField, ByInterval>();
  const residual: Literal[] = [];
  for (const literal of conjunction) {
    const access = keysOf(literal) ?? intervalAccess(literal);
    if (!access) residual.push(literal);
    else if (access.kind === 'keys') {
      keys.push(access);
      if (access.keys.length > 1) literals.set(access, literal);
    } else intervals.set(access.field, narrowed(intervals.get(access.field), access));
  }
  const accesses: Access[] = [...keys, ...intervals.values()];
  // Sorted to a new array, as one that was grown has room for many more.
  const sorted = accesses.toSorted((a, b) => shareOf(a) - shareOf(b));
  if (literals.size < 2) return { accesses: sorted, residual };
  const kept = withinPlaces(sorted, places);
  for (const access of sorted) {
    const literal = literals.get(access);
    if (literal && !kept.includes(access)) residual.push(literal);
  }
  return { accesses: kept, residual };
}

function withinPlaces(sorted: readonly Access[], places: number): readonly Access[] {
  let taken = 1;
  return sorted.filter((access) => {
    const values = access.kind === 'keys' ? access.keys.length : 1;
    if (taken > 1 && values > 1 && taken * values > places) return false;
    taken *= values;
    return true;
  });
}

/** Whether a thing satisfies the part, asked without an index. */
export function admits(access: Access, probe: Probe): boolean {
  if (access.kind === 'interval') {
    const at = probe.orderKey(access.field);
    return at === null ? access.orAbsent : beginsBy(access, at) && reaches(access, at);
  }
  const value = FIELDS[access.field].read(probe.thing);
  if (value === null || value === undefined) return false;
  return typeof value === 'object'
    ? access.keys.some((key) => value.includes(String(key)))
    : access.keys.includes(value);
}

function keysOf({ condition, negated }: Literal): ByKeys | null {
  if (negated) return null;
  const { field } = condition;
  const isTags = FIELDS[field].kind === 'tags';
  if (condition.op === 'in' && !isTags) return { kind: 'keys', field, keys: [...new Set(condition.value)] };
  // `contains` is a member of tags, which a hash finds, and a substring of a text, which none does.
  if (condition.op !== (isTags ? 'contains' : 'eq')) return null;
  return { kind: 'keys', field, keys: [condition.value] };
}

function intervalAccess({ condition, negated }: Literal): ByInterval | null {
  const interval = condition.op === 'in' ? null : intervalOf(condition, negated);
  return interval && intervalAccessOf(condition.field, interval, negated);
}

/** Spelt out, as a spread object takes twice the memory. */
function intervalAccessOf(
  field: FilterField,
  { low, lowInclusive, high, highInclusive }: Interval,
  orAbsent: boolean,
): ByInterval {
  return { kind: 'interval', field, low, lowInclusive, high, highInclusive, orAbsent };
}

function narrowed(present: ByInterval | undefined, access: ByInterval): ByInterval {
  if (!present) return access;
  const orAbsent = present.orAbsent && access.orAbsent;
  return intervalAccessOf(access.field, intersection(present, access), orAbsent);
}

function shareOf(access: Access): number {
  if (access.kind === 'keys') {
    return SHARE[access.field] + Math.log(Math.max(1, access.keys.length)) / Math.log(MEMBERSHIP_STEP);
  }
  const { low, high } = access;
  return low !== null && high !== null ? SHARE_OF_INTERVAL : SHARE_OF_HALF_LINE;
}
