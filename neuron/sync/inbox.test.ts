import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Inbox } from './inbox.ts';

function setUp(refused?: number) {
  const batches: (readonly number[])[] = [];
  const failures: unknown[] = [];
  const deliver = (items: readonly number[]) => {
    if (refused !== undefined && items.includes(refused)) throw new Error('disk full');
    batches.push(items);
  };
  const inbox = new Inbox<number>(2, deliver, (error) => failures.push(error));
  return { inbox, batches, failures };
}

it('hands on a batch a turn, and lets no more in until there is room', async () => {
  const { inbox, batches } = setUp();
  expect(inbox.push(1)).toBeUndefined();
  let hasRoom = false;
  for (const item of [2, 3, 4, 5]) void inbox.push(item)?.then(() => (hasRoom = true));
  expect(batches).toEqual([]);
  await nextTurn();
  expect(batches).toEqual([[1, 2]]);
  expect(hasRoom).toBe(false);
  await nextTurn();
  expect(batches).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(hasRoom).toBe(true);
  await nextTurn();
  expect(batches.flat()).toEqual([1, 2, 3, 4, 5]);
});

it('delivers all of it at once when it is flushed', () => {
  const { inbox, batches } = setUp();
  for (const item of [1, 2, 3]) void inbox.push(item);
  inbox.flush();
  expect(batches).toEqual([[1, 2], [3]]);
});

it('delivers nothing after what could not be delivered', async () => {
  const { inbox, batches, failures } = setUp(3);
  for (const item of [1, 2, 3, 4, 5, 6]) void inbox.push(item);
  for (let turn = 0; turn < 4; turn += 1) await nextTurn();
  expect(batches).toEqual([[1, 2]]);
  expect(failures).toHaveLength(1);
});
