import { describe, expect, it, vi } from 'vitest';
import { LiveFeed } from '../delivery/live-feed.ts';
import type { SubscriptionEvent } from '../ports.ts';
import { MemoryLog } from '../testing/memory-log.ts';
import { Cohort } from './cohort.ts';
import { PayloadCache } from './payload-cache.ts';

function member(cohort: Cohort) {
  const got: string[] = [];
  const feed = new LiveFeed(cohort, {
    take: (position, payload) => got.push(`${position}:${payload}`),
    resync: () => undefined,
    fallBehind: (position) => got.push(`behind after ${position}`),
    fail: (error) => got.push(String(error)),
  });
  return { got, feed };
}

function cohortOf(backlog = 10) {
  const log = new MemoryLog();
  const stream = log.stream(1);
  const finish = new Map<number, (error?: Error) => void>();
  const execute = vi.fn(
    ({ position }: SubscriptionEvent) =>
      new Promise<Buffer>((resolve, reject) => {
        finish.set(position, (error) => (error ? reject(error) : resolve(Buffer.from(`p${position}`))));
      }),
  );
  const cohort = new Cohort({
    name: '1',
    key: 'k',
    includeData: true,
    execute,
    cache: new PayloadCache(1_000),
    backlog,
  });
  const event = (n: number) => cohort.eventOf(log.put(stream, n, '1'), 'CREATE');
  return { cohort, event, finish, execute };
}

describe('a cohort', () => {
  it('makes a payload once and hands out in order, whichever is made first', async () => {
    const { cohort, event, finish, execute } = cohortOf();
    const [a, b] = [member(cohort), member(cohort)];
    const [first, second] = [event(1), event(2)];
    cohort.emit(first, [a.feed, b.feed]);
    cohort.emit(second, [a.feed]);
    const catchingUp = cohort.render(first);
    finish.get(2)?.();
    await new Promise(setImmediate);
    expect(a.got).toEqual([]);
    finish.get(1)?.();
    expect(String(await catchingUp)).toBe('p1');
    expect(String(await cohort.render(second))).toBe('p2');
    expect([a.got, b.got]).toEqual([['1:p1', '2:p2'], ['1:p1']]);
    expect(execute).toHaveBeenCalledTimes(2);
  });

  it('hands out in order, too, what is there at once after what is still being made', async () => {
    const { cohort, event, finish } = cohortOf();
    const { got, feed } = member(cohort);
    const [first, second] = [event(1), event(2)];
    const kept = cohort.render(second);
    finish.get(2)?.();
    await kept;
    expect(cohort.handedOut).toBe(Number.MAX_SAFE_INTEGER);
    cohort.emit(first, [feed]);
    cohort.emit(second, [feed]);
    expect([got, cohort.handedOut]).toEqual([[], 0]);
    finish.get(1)?.();
    await vi.waitUntil(() => got.length > 0);
    expect([got, cohort.handedOut]).toEqual([['1:p1', '2:p2'], Number.MAX_SAFE_INTEGER]);
    cohort.emit(second, [feed]);
    expect(got).toHaveLength(3);
  });

  it('makes a payload again that could not be made, and each READY by itself: it says when', async () => {
    const { cohort, event, finish, execute } = cohortOf();
    const first = event(1);
    const failed = expect(cohort.render(first)).rejects.toThrow('no payload');
    finish.get(1)?.(new Error('no payload'));
    await failed;
    const again = cohort.render(first);
    finish.get(1)?.();
    expect(String(await again)).toBe('p1');
    expect(execute).toHaveBeenCalledTimes(2);
    const ready: SubscriptionEvent = { ...first, type: 'READY', document: null };
    for (let n = 0; n < 2; n += 1) {
      const payload = cohort.render(ready);
      finish.get(1)?.();
      await payload;
    }
    expect(execute).toHaveBeenCalledTimes(4);
  });

  it('gives nothing to a feed that has ended, and says what failed', async () => {
    const { cohort, event, finish } = cohortOf();
    const [gone, there] = [member(cohort), member(cohort)];
    cohort.emit(event(1), [gone.feed, there.feed]);
    gone.feed.end();
    finish.get(1)?.(new Error('no payload'));
    await vi.waitUntil(() => there.got.length > 0);
    expect([gone.got, there.got]).toEqual([[], ['Error: no payload']]);
  });

  it('sends members to the log when too many events wait', async () => {
    const { cohort, event } = cohortOf(2);
    const { got, feed } = member(cohort);
    for (const n of [1, 2, 3]) cohort.emit(event(n), [feed]);
    expect(got).toEqual(['behind after 0']);
  });
});

it('a payload cache drops the oldest past its bytes', () => {
  const cache = new PayloadCache(10);
  for (const name of ['a', 'b', 'c']) cache.put(name, Buffer.alloc(4));
  expect(['a', 'b', 'c'].map((name) => cache.get(name)?.length)).toEqual([undefined, 4, 4]);
});
