import { expect, it } from 'vitest';
import { normalFrom } from '../testing/test-series.ts';
import type { AdapterName } from './adapter.ts';
import { meanAbsolute } from './error-record.ts';
import { Regrets } from './regrets.ts';

const NAMES: readonly AdapterName[] = ['naive', 'ets', 'ar'];

function pushed(rows: number, errorsAt: (row: number) => Partial<Record<AdapterName, number>>) {
  const regrets = new Regrets(NAMES);
  const mixed: number[] = [];
  for (let row = 0; row < rows; row += 1) {
    const { naive = 0, ...others } = errorsAt(row);
    const errors = new Map<AdapterName, number>([['naive', naive]]);
    for (const name of NAMES) {
      const error = name === 'naive' ? undefined : others[name];
      if (error !== undefined) errors.set(name, error);
    }
    let sum = regrets.weights.size === 0 ? naive : 0;
    for (const [name, weight] of regrets.weights) sum += weight * (errors.get(name) ?? naive);
    mixed.push(sum);
    regrets.push(errors);
  }
  return { regrets, mixed };
}

it('leaves everything to naive until something is better', () => {
  expect(new Regrets(NAMES).weights.size).toBe(0);
  const { regrets } = pushed(50, () => ({ naive: 1, ets: 1.5, ar: 2 }));
  expect([...regrets.weights.keys()].filter((name) => name !== 'naive')).toEqual([]);
});

it('weighs members for what they add: two that err in opposite ways beat either', () => {
  const normal = normalFrom(1);
  const shared = Array.from({ length: 400 }, normal);
  const { regrets, mixed } = pushed(400, (row) => {
    const error = shared[row] ?? 0;
    return { naive: 3 * normal(), ets: error + 0.3 * normal(), ar: -error + 0.3 * normal() };
  });
  expect(regrets.weights.get('ets') ?? 0).toBeGreaterThan(0.3);
  expect(regrets.weights.get('ar') ?? 0).toBeGreaterThan(0.3);
  expect(meanAbsolute(mixed.slice(-200))).toBeLessThan(0.7 * meanAbsolute(shared.slice(-200)));
  expect([...regrets.weights.values()].reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
});

it('does not depend on the unit, and takes a member that is missing for naive', () => {
  const normal = normalFrom(2);
  const errors = Array.from({ length: 100 }, () => ({
    naive: normal(),
    ets: 0.8 * normal(),
    ar: 0.6 * normal(),
  }));
  const scaled = (unit: number) =>
    pushed(100, (row) => {
      const { naive = 0, ets = 0, ar = 0 } = errors[row] ?? {};
      return { naive: unit * naive, ets: unit * ets, ar: unit * ar };
    }).regrets.weights;
  const one = scaled(1);
  for (const [name, weight] of scaled(2 ** 20)) expect(weight).toBeCloseTo(one.get(name) ?? 0, 9);
  const absent = pushed(100, (row) => ({ naive: errors[row]?.naive ?? 0, ar: errors[row]?.ar ?? 0 }));
  const alike = pushed(100, (row) => ({
    ...{ naive: errors[row]?.naive ?? 0, ar: errors[row]?.ar ?? 0, ets: errors[row]?.naive ?? 0 },
  }));
  expect([...absent.regrets.weights]).toEqual([...alike.regrets.weights]);
});

it('says nothing of nothing: exact members leave finite weights', () => {
  const { regrets, mixed } = pushed(30, () => ({ naive: 0, ets: 0, ar: 0 }));
  expect(regrets.weights.size).toBe(0);
  expect(mixed.every((error) => error === 0)).toBe(true);
});
