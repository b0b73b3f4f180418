import { expect, it } from 'vitest';
import type { Seen } from '../../../gateway/testing/brute-force.ts';
import { compare } from './verify.ts';

const event = (position: number, type = 'CREATE'): Seen => ({ type, position, id: `id ${position}` });
const due = [event(1), event(4, 'UPDATE'), event(5)];

it.each([
  ['nothing', due, {}],
  ['one missing', [event(1), event(5)], { missing: 1 }],
  ['the last missing', due.slice(0, 2), { missing: 1 }],
  ['one twice', [event(1), event(1), event(4, 'UPDATE'), event(5)], { repeated: 1 }],
  ['all twice', [...due, ...due], { repeated: 3 }],
  ['two swapped', [event(4, 'UPDATE'), event(1), event(5)], { disordered: 1 }],
  ['one too many', [event(1), event(2), event(4, 'UPDATE'), event(5)], { unexpected: 1 }],
  ['another type', [event(1), event(4), event(5)], { unexpected: 1 }],
  ['another id', [event(1), event(4, 'UPDATE'), { ...event(5), id: 'x' }], { unexpected: 1 }],
])('sees that a record differs by %s', (_what, seen, difference) => {
  expect(compare(seen, due)).toEqual({
    missing: 0,
    repeated: 0,
    disordered: 0,
    unexpected: 0,
    ...difference,
  });
});
