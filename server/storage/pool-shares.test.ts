import { expect, it } from 'vitest';
import { CLAIMS, poolShares } from './pool-shares.ts';

it('shares out no more than there are, with something for everybody', () => {
  for (let size = 5; size <= 500; size += 1) {
    const { system, tenants, readers, queries } = poolShares(size);
    expect(system + CLAIMS + tenants + readers).toBe(size);
    expect(Math.min(system, tenants, readers, queries)).toBeGreaterThanOrEqual(1);
    expect(readers).toBeLessThanOrEqual(tenants);
    expect(queries).toBe(Math.max(1, readers - 1));
  }
  expect(poolShares(13)).toEqual({ system: 3, tenants: 5, readers: 3, queries: 2 });
  // As docs/configuration.md says, rows are sent ahead over what is left of two and more besides the one in use.
  expect([6, 7, 9, 10].map((size) => poolShares(size).tenants)).toEqual([2, 3, 3, 4]);
});
