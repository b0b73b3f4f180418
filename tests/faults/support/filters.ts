import fc from 'fast-check';
import { arbitraryFilter } from '../../../gateway/testing/arbitrary-filter.ts';
import { EVERYTHING, type Filter } from '../../../schema/filter/form.ts';

/** `count` filters on these streams: the plain ones that people write first, then arbitrary ones. */
export function someFilters(uuids: readonly string[], count: number, seed: number): readonly Filter[] {
  const plain: Filter[] = [
    EVERYTHING,
    ...uuids.map((value): Filter => ({ kind: 'is', field: 'stream.uuid', op: 'eq', value })),
    { kind: 'is', field: 'value', op: 'gte', value: '2' },
    { kind: 'is', field: 'value', op: 'in', value: ['0', '9', '10'] },
    { kind: 'is', field: 'stream.tags', op: 'contains', value: 'crypto' },
  ];
  const more = Math.max(0, count - plain.length);
  return [...plain, ...fc.sample(arbitraryFilter(uuids), { numRuns: more, seed })].slice(0, count);
}
