import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { isUuid, looksLikeUuid } from './uuid.ts';

it('takes uuids of version 4 only', () => {
  expect(isUuid(randomUUID())).toBe(true);
  expect(isUuid(randomUUID().toUpperCase())).toBe(true);
  for (const other of [
    '7d444840-9dc0-11d1-b245-5ffdce74fad2',
    '00000000-0000-0000-0000-000000000000',
    '00000000-0000-4000-c000-000000000000',
    '00000000-0000-7000-8000-000000000000',
  ]) {
    expect(isUuid(other)).toBe(false);
    expect(looksLikeUuid(other)).toBe(true);
  }
  expect(looksLikeUuid(`${randomUUID()} `)).toBe(false);
  expect(isUuid('temperature')).toBe(false);
});
