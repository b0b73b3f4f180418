import { expect, it } from 'vitest';
import { MemoryLog } from '../testing/memory-log.ts';
import { BoundedLog } from './bounded-log.ts';

it('lets so many read at once, the others in turn, also after failures', async () => {
  const log = new MemoryLog();
  const underWay: ((outcome: Error | null) => void)[] = [];
  log.beforeRead = () =>
    new Promise((resolve, reject) => {
      underWay.push((error) => (error ? reject(error) : resolve()));
    });
  const bounded = new BoundedLog(log, 2);
  const reads = Array.from({ length: 5 }, () => bounded.head('main'));
  expect(underWay).toHaveLength(2);
  underWay.shift()?.(new Error('away'));
  await expect(reads[0]).rejects.toThrow('away');
  expect(underWay).toHaveLength(2);
  while (underWay.length > 0) {
    underWay.shift()?.(null);
    await new Promise(setImmediate);
    expect(underWay.length).toBeLessThanOrEqual(2);
  }
  expect(await Promise.all(reads.slice(1))).toEqual([0, 0, 0, 0]);
});

it('reads each page of a snapshot in a turn of its own, and keeps nobody waiting until the next is asked for', async () => {
  const log = new MemoryLog();
  for (let n = 1; n <= 7; n += 1) log.put(log.stream(n), 1, String(n));
  const bounded = new BoundedLog(log, 1);
  const everything = { kind: 'and', of: [] } as const;
  const { pages } = await bounded.snapshot({ tenant: 'main', topic: 'observation', filter: everything });
  const sizes: number[] = [];
  let underWay = 0;
  log.beforeRead = async () => {
    underWay += 1;
    expect(underWay).toBe(1);
    await new Promise(setImmediate);
    underWay -= 1;
  };
  const others: Promise<number>[] = [];
  for await (const page of pages) {
    sizes.push(page.length);
    expect(await bounded.head('main')).toBe(7);
    others.push(bounded.head('main'));
  }
  expect(sizes).toEqual([3, 3, 1]);
  expect(await Promise.all(others)).toEqual([7, 7, 7]);
});
