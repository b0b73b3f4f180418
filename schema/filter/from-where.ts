import { badFilter, condition } from './condition.ts';
import {
  allOf,
  EVERYTHING,
  type Filter,
  type FilterOp,
  type FilterSubject,
  MAX_CONDITIONS,
  MAX_DEPTH,
  MAX_VALUES,
} from './form.ts';

/** A typed `where` as GraphQL hands it over: `{ value: { gte: "100" }, stream: { … }, and, or, not }`. */
export type Where = Readonly<Record<string, unknown>>;

/**
 * Translates `ObservationWhere` (`subject` observation) or `StreamWhere` (stream), `LineageWhere` (lineage) to the internal form.
 * Throws `BAD_FILTER` for values that don't parse and for a filter past its size bounds.
 */
export function fromWhere(subject: FilterSubject, where: Where | null | undefined): Filter {
  if (!where) return EVERYTHING;
  const prefix = subject === 'stream' || subject === 'lineage' ? `${subject}.` : '';
  return translate({ subject, conditions: 0, values: 0 }, where, prefix, 1);
}

interface Translation {
  readonly subject: FilterSubject;
  conditions: number;
  values: number;
}

function translate(state: Translation, where: Where, prefix: string, depth: number): Filter {
  if (depth > MAX_DEPTH) throw badFilter(`The filter nests deeper than ${MAX_DEPTH} levels; flatten it.`);
  const parts: Filter[] = [];
  for (const [key, given] of Object.entries(where)) {
    if (given === null || given === undefined) continue;
    if (key === 'and' || key === 'or') {
      const branches = wheres(given).map((branch) => translate(state, branch, prefix, depth + 1));
      parts.push(key === 'and' ? allOf(branches) : { kind: 'or', of: branches });
    } else if (key === 'not') {
      parts.push({ kind: 'not', of: translate(state, asWhere(given), prefix, depth + 1) });
    } else if (key === 'stream' && prefix === '') {
      parts.push(translate(state, asWhere(given), 'stream.', depth + 1));
    } else {
      parts.push(...conditions(state, `${prefix}${key}`, asWhere(given)));
    }
  }
  return allOf(parts);
}

function conditions(state: Translation, field: string, ops: Where): Filter[] {
  return Object.entries(ops)
    .filter(([, value]) => value !== undefined)
    .map(([op, value]) => {
      state.conditions += 1;
      if (state.conditions > MAX_CONDITIONS) {
        throw badFilter(
          `The filter has more than ${MAX_CONDITIONS} conditions; use "in", or several filters.`,
        );
      }
      state.values += Array.isArray(value) ? value.length : 1;
      if (state.values > MAX_VALUES) {
        throw badFilter(`The filter has more than ${MAX_VALUES} values in all; use several filters.`);
      }
      return condition(state.subject, field, op as FilterOp, value);
    });
}

function wheres(given: unknown): Where[] {
  return (Array.isArray(given) ? given : [given]).map(asWhere);
}

function asWhere(given: unknown): Where {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as Where;
  throw badFilter(`Expected an object in the filter, not ${JSON.stringify(given)}.`);
}
