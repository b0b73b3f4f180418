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
