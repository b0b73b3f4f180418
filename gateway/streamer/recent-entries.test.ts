import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryLog } from '../testing/memory-log.ts';
import { RecentEntries } from './recent-entries.ts';

it('has every entry after a position, or says that it does not reach back so far', () => {
  const log = new MemoryLog();
  const stream = log.stream(1, { uuid: '00000000-0000-4000-8000-000000000001', name: 'a' });
  for (let ms = 0; ms < 200; ms += 1) log.put(stream, ms, String(ms));
  const { entries } = log;
  fc.assert(
    fc.property(fc.nat(20), fc.nat(50), fc.nat(100), fc.nat(160), (kept, start, count, position) => {
      const recent = new RecentEntries(kept);
      recent.restart(start);
      const added = entries.slice(start, start + count);
      for (const entry of added) recent.add(entry);
      const since = recent.since(position);
      const wanted = added.filter((entry) => entry.position > position);
      const reachesBack = position >= start && wanted.length <= kept;
      if (position < start) expect(since).toBeUndefined();
      if (since !== undefined) expect(since).toEqual(wanted);
      if (reachesBack) expect(since).toBeDefined();
    }),
  );
});
