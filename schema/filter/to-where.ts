import type { Filter } from './form.ts';

/** The typed GraphQL `where` that says the same as a filter: what a client sends that was given symbols. */
export function toWhere(filter: Filter): Record<string, unknown> {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.of.length === 0 && filter.kind === 'and' ? {} : { [filter.kind]: filter.of.map(toWhere) };
    case 'not':
      return { not: toWhere(filter.of) };
    case 'is': {
      const value =
        filter.field === 'observedAt' ? new Date(Number(filter.value)).toISOString() : filter.value;
      return filter.field
        .split('.')
        .reduceRight<Record<string, unknown>>((inner, key) => ({ [key]: inner }), { [filter.op]: value });
    }
  }
}
