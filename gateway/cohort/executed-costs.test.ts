import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ExecutedCosts } from './executed-costs.ts';

const SETTINGS = { maxExecutedCost: 100, maxExecutedCostPerAddress: 160 };
const CONNECTIONS = [0, 1, 2, 3].map((n) => ({ n }));
const ADDRESSES = ['a', 'a', 'b', undefined];

/** What is there, as a plain list: the oracle. */
interface Taken {
  readonly key: string;
  readonly cost: number;
  readonly connection: number;
}

function total(taken: readonly Taken[], which: (one: Taken) => boolean): number {
  const costs = new Map(taken.filter(which).map(({ key, cost }) => [key, cost]));
  return [...costs.values()].reduce((sum, cost) => sum + cost, 0);
}

it('counts each selection once for a connection and once for an address, and forgets those that are over', () => {
  const steps = fc.array(fc.record({ connection: fc.nat(3), key: fc.nat(5), leaves: fc.boolean() }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (all) => {
      const costs = new ExecutedCosts(SETTINGS);
      const taken: Taken[] = [];
      for (const { connection, key, leaves } of all) {
        const owner = CONNECTIONS[connection] ?? {};
        const address = ADDRESSES[connection];
        const one = { key: `${key}`, cost: key === 0 ? 90 : 40, connection };
        if (leaves) {
          const at = taken.findIndex((other) => other.key === one.key && other.connection === connection);
          if (at >= 0) taken.splice(at, 1);
          costs.giveBack(one.key, owner);
          continue;
        }
        const then = [...taken, one];
        const own = total(then, (other) => other.connection === connection);
        const shared = total(then, (other) => ADDRESSES[other.connection] === address);
        const fits = own <= 100 && (address === undefined || shared <= 160);
        const take = () => costs.take(one.key, key === 0 ? 90 : 7, owner, address);
        if (fits) {
          take();
          taken.push(one);
        } else {
          expect(take).toThrow(expect.objectContaining({ code: 'LIMITED' }));
        }
      }
      for (const { key, connection } of taken.splice(0)) costs.giveBack(key, CONNECTIONS[connection] ?? {});
      expect(costs.size).toBe(0);
    }),
  );
});
