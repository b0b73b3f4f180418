import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDecimals, decimalOrderKey, parseDecimal } from '../decimal.ts';
import type { Condition, Filter } from './form.ts';
import { EVERYTHING } from './form.ts';
import { filterKey, normalise } from './normalise.ts';

const is = (field: Condition['field'], op: Condition['op'], value: string): Filter => {
  return { kind: 'is', field, op, value };
};
const here = is('stream.uuid', 'eq', 'a');
const high = is('value', 'gt', '1');
const keyOf = (filter: Filter) => filterKey(normalise(filter, 256));

describe('writing a filter out', () => {
  it('gives everything one alternative without conditions, and nothing none', () => {
    expect(normalise(EVERYTHING, 256)).toEqual([[]]);
    expect(normalise({ kind: 'or', of: [] }, 256)).toEqual([]);
    expect(normalise({ kind: 'not', of: EVERYTHING }, 256)).toEqual([]);
    const none: Filter = { kind: 'is', field: 'stream.uuid', op: 'in', value: [] };
    expect(normalise({ kind: 'and', of: [none, high] }, 256)).toEqual([]);
    expect(normalise({ kind: 'not', of: none }, 256)).toEqual([[]]);
    expect(keyOf(EVERYTHING)).not.toBe(keyOf({ kind: 'or', of: [] }));
  });

  it('multiplies and by or, and drops what it has already', () => {
    const written = normalise({ kind: 'and', of: [high, { kind: 'or', of: [here, high] }] }, 256);
    expect(written.map((conjunction) => conjunction.map(({ condition }) => condition.field))).toEqual([
      ['value', 'stream.uuid'],
      ['value'],
    ]);
  });

  it('joins equalities of a field to one membership, nested ones too', () => {
    const nested: Filter = { kind: 'or', of: [is('stream.uuid', 'eq', 'b'), { kind: 'or', of: [here] }] };
    expect(normalise(nested, 1)).toEqual([
      [{ condition: { kind: 'is', field: 'stream.uuid', op: 'in', value: ['b', 'a'] }, negated: false }],
    ]);
    const repeated: Filter = { kind: 'or', of: [here, here] };
    expect(keyOf(repeated)).toBe(keyOf(here));
  });

  it('turns equality round where it is negated, and marks other conditions', () => {
    const neither = normalise({ kind: 'not', of: { kind: 'or', of: [here, high] } }, 256);
    expect(neither).toEqual([
      [
        { condition: is('stream.uuid', 'ne', 'a'), negated: false },
        { condition: high, negated: true },
      ],
    ]);
    expect(keyOf({ kind: 'not', of: { kind: 'not', of: high } })).toBe(keyOf(high));
  });

  it('refuses a long membership that many alternatives repeat, and takes it by itself', () => {
    const names = Array.from({ length: 1_000 }, (_, n) => `name ${n}`);
    const long: Filter = { kind: 'is', field: 'stream.name', op: 'in', value: names };
    const ranges = Array.from({ length: 100 }, (_, n) => is('value', 'gt', String(n)));
    expect(normalise(long, 1)).toHaveLength(1);
    expect(() => normalise({ kind: 'and', of: [long, { kind: 'or', of: ranges }] }, 512)).toThrow(
      expect.objectContaining({
        code: 'BAD_FILTER',
        message: expect.stringMatching(/compares with 100,100 values .*; 8192 are allowed/),
      }),
    );
  });

  it('refuses what comes to too much before it makes any of it', () => {
    const pairs = Array.from({ length: 100 }, (_, n): Filter => {
      return { kind: 'or', of: [is('value', 'gt', String(n)), is('stream.name', 'eq', String(n))] };
    });
    expect(() => normalise({ kind: 'and', of: pairs }, 256)).toThrow(
      expect.objectContaining({ code: 'BAD_FILTER', message: expect.stringContaining('256 are allowed') }),
    );
    expect(() => normalise({ kind: 'and', of: pairs.slice(0, 5) }, 160)).not.toThrow();
    expect(() => normalise({ kind: 'and', of: pairs.slice(0, 5) }, 159)).toThrow();
  });
});

it('orders decimals by their keys as they are ordered exactly', () => {
  const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{0,${max}}$`));
  const decimal = fc
    .tuple(fc.boolean(), digits(5), digits(4))
    .map(([negative, whole, fraction]) => parseDecimal(`${negative ? '-' : ''}0${whole}.${fraction}`) ?? '0');
  fc.assert(
    fc.property(decimal, decimal, (a, b) => {
      const [left, right] = [decimalOrderKey(a), decimalOrderKey(b)];
      expect(left < right ? -1 : left > right ? 1 : 0).toBe(Math.sign(compareDecimals(a, b)));
    }),
    { numRuns: 5_000 },
  );
});
