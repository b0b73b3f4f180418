import { expect, it } from 'vitest';
import { PayloadCache } from './payload-cache.ts';

it('keeps so many bytes, the newest', () => {
  const cache = new PayloadCache(10);
  const kept = () => ['a', 'b', 'c', 'd', 'e'].filter((name) => cache.get(name) !== undefined).join('');
  const put = (name: string, bytes: number) => cache.put(name, Buffer.alloc(bytes, name));
  put('a', 4);
  put('b', 4);
  put('c', 2);
  expect(kept()).toBe('abc');
  // What is there already takes no more room, and stays what it was.
  put('c', 8);
  expect([kept(), cache.get('c')?.length]).toEqual(['abc', 2]);
  put('d', 1);
  expect(kept()).toBe('bcd');
  put('e', 9);
  expect(kept()).toBe('de');
  put('a', 11);
  expect(kept()).toBe('');
  put('b', 10);
  expect(kept()).toBe('b');
});
