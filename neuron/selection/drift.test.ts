import { expect, it } from 'vitest';
import { hasDrifted } from './drift.ts';

it('takes no drift for granted before there are rows enough', () => {
  const calm = Array(96).fill(1);
  expect(hasDrifted(Array(23).fill(9), calm)).toBe(false);
  expect(hasDrifted(Array(24).fill(9), calm)).toBe(true);
  expect(hasDrifted(Array(24).fill(1.4), calm)).toBe(false);
});
