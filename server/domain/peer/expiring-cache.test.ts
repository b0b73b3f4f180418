import { expect, it } from 'vitest';
import { ExpiringCache } from './expiring-cache.ts';

it('keeps a value until its time, and so many of them, the oldest making room', () => {
  let now = 0;
  const cache = new ExpiringCache<number>(2, () => now);
  cache.set('a', 1, 10);
  cache.set('b', 2, 20);
  // What is set again is the newest.
  cache.set('a', 3, 10);
  cache.set('c', 4, 20);
  expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([3, undefined, 4]);
  now = 9;
  expect(cache.get('a')).toBe(3);
  now = 10;
  expect([cache.get('a'), cache.get('c')]).toEqual([undefined, 4]);
  // One whose time is over takes no room from an older one.
  cache.set('d', 5, 11);
  now = 11;
  expect(cache.get('d')).toBeUndefined();
  cache.set('e', 6, 20);
  expect([cache.get('c'), cache.get('e')]).toEqual([4, 6]);
  cache.delete('c');
  expect(cache.get('c')).toBeUndefined();
});
