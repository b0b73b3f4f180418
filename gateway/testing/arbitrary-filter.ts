import fc from 'fast-check';
import type { Filter } from '../../schema/filter/form.ts';

export const VALUES = [
  '-10.5',
  '-1',
  '0',
  '0.000000000000000000000000000001',
  '2',
  '9',
  '10',
  '10.25',
  '90071992547409931',
];
const TIMES = [0, 1, 2, 3, 4, 5];

/** Values and times that arbitrary filters ask about, so that things made of them often match. */
export const arbitraryValue = fc.constantFrom(...VALUES);
export const arbitraryTime = fc.constantFrom(...TIMES);
export const NAMES = ['alpha', 'beta', 'alphabet'];
export const TAGS = ['crypto', 'host'];

/** Filters about observations on these streams: every field kind and operator, nested to a few levels. */
export function arbitraryFilter(uuids: readonly string[]): fc.Arbitrary<Filter> {
  const uuid = fc.constantFrom(...uuids);
  const leaf: fc.Arbitrary<Filter> = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: is,
        field: fc.constant('stream.uuid' as const),
        op: equality,
        value: uuid,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: is,
        field: fc.constant('stream.uuid' as const),
        op: fc.constant('in' as const),
        value: fc.array(uuid, { maxLength: 3 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: is,
        field: fc.constant('value' as const),
        op: comparison,
        value: arbitraryValue,
      }),
    },
    fc.record({
      kind: is,
      field: fc.constant('value' as const),
      op: fc.constant('in' as const),
      value: fc.array(arbitraryValue, { maxLength: 3 }),
    }),
    fc.record({ kind: is, field: fc.constant('observedAt' as const), op: comparison, value: arbitraryTime }),
    fc.record({
      kind: is,
      field: fc.constantFrom('stream.name' as const, 'stream.secondary' as const),
      op: textual,
      value: fc.constantFrom(...NAMES, 'bet', ''),
    }),
    fc.record({
      kind: is,
      field: fc.constant('stream.tags' as const),
      op: fc.constant('contains' as const),
      value: fc.constantFrom(...TAGS, 'cry'),
    }),
  );
  return fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        of: fc.array(tie('filter'), { maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not' as const), of: tie('filter') }),
    ),
  })).filter;
}

const is = fc.constant('is' as const);
const equality = fc.constantFrom('eq' as const, 'ne' as const);
const textual = fc.constantFrom('eq' as const, 'ne' as const, 'contains' as const);
const comparison = fc.constantFrom(
  'eq' as const,
  'ne' as const,
  'gt' as const,
  'gte' as const,
  'lt' as const,
  'lte' as const,
);
