import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Slots } from './slots.ts';

it('finds the last row at least so many steps back, as a search through all rows does', () => {
  const gaps = fc.array(fc.constantFrom(1, 1, 1, 1, 1, 1, 2, 5), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 30 }), (steps, back) => {
      const at = [0];
      for (const step of steps) at.push((at.at(-1) ?? 0) + step);
      const pattern = { cadenceMs: 1_000, regular: true, seasons: [] };
      const slots = new Slots(
        at.map((slot) => slot * 1_000),
        pattern,
        1,
      );
      const all = [...at, (at.at(-1) ?? 0) + 1];
      for (const [row, slot] of all.entries()) {
        const expected = all.slice(0, row).findLastIndex((other) => other <= slot - back);
        expect(slots.back(row, back)).toBe(Math.max(expected, 0));
      }
    }),
  );
});
