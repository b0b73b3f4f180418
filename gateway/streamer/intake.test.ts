import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { Burst } from '../delivery/burst.ts';
import { gatewaySettings } from '../settings.ts';
import { newCounters } from '../stats.ts';
import { MemoryLog } from '../testing/memory-log.ts';
import { SILENT } from '../testing/running-gateway.ts';
import { Intake } from './intake.ts';

function intakeOf(log: MemoryLog, settings = {}) {
  const positions: number[] = [];
  const inBursts: number[] = [];
  const burst = new Burst();
  const counters = newCounters();
  const intake = new Intake('main', {
    log,
    logger: SILENT,
    counters,
    settings: gatewaySettings({ headPollMs: 60_000, catchUpPage: 3, ...settings }),
    burst,
    onEntry: ({ position }) => {
      positions.push(position);
      if (burst.current > 0) inBursts.push(position);
    },
  });
  return { intake, positions, inBursts, counters };
}

function logOf(count: number): MemoryLog {
  const log = new MemoryLog();
  const stream = log.stream(1);
  for (let n = 0; n < count; n += 1) log.put(stream, n, '1');
  return log;
}

describe('an intake', () => {
  it('hands on each entry after its start once and in order, from whatever it is offered', async () => {
    const offers = fc.array(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 40 }), offers, async (start, given) => {
        const log = logOf(40);
        const all = log.entries.slice();
        log.head = async () => start;
        const { intake, positions } = intakeOf(log);
        const started = intake.start();
        const later = given.map((group) => all.filter(({ position }) => group.includes(position)));
        intake.offer(later[0] ?? []);
        await started;
        for (const entries of later) intake.offer(entries.reverse());
        const newest = Math.max(start, ...given.flat());
        await intake.reached(newest);
        intake.close();
        expect(positions).toEqual(all.slice(start, intake.position).map(({ position }) => position));
        expect(intake.position).toBeGreaterThanOrEqual(newest);
      }),
      { numRuns: 200 },
    );
  });

  it('misses nothing after positions that the log says nothing of, as those of a topic it does not know', async () => {
    const offers = fc.array(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 4 }), { maxLength: 8 });
    const unknown = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(offers, unknown, async (given, missing) => {
        const log = logOf(20);
        const known = log.entries.filter(({ position }) => !missing.includes(position));
        const { intake, positions } = intakeOf(log);
        log.head = async () => 0;
        await intake.start();
        const read = log.read.bind(log);
        log.read = async (request) => {
          const page = await read(request);
          return { ...page, entries: page.entries.filter((entry) => known.includes(entry)) };
        };
        for (const group of given) {
          intake.offer(known.filter(({ position }) => group.includes(position)));
          await Promise.resolve();
        }
        await intake.reached(20);
        intake.close();
        expect(positions).toEqual(known.map(({ position }) => position));
        for (let position = 0; position <= 20; position += 1) {
          const since = intake.since(position);
          if (since) expect(since).toEqual(known.filter((entry) => entry.position > position));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('hands on at its start what it was offered before, and reads what is missing between', async () => {
    const log = logOf(6);
    const all = log.entries.slice();
    log.head = async () => 2;
    const { intake, positions, counters } = intakeOf(log);
    const started = intake.start();
    intake.offer(all.slice(1, 4));
    await started;
    expect([positions, counters.heals]).toEqual([[3, 4], 0]);
    intake.close();
    const other = intakeOf(log);
    const begun = other.intake.start();
    other.intake.offer(all.slice(4));
    await begun;
    await vi.waitUntil(() => other.positions.length === 4);
    expect(other.positions).toEqual([3, 4, 5, 6]);
    other.intake.close();
  });

  it('asks a log that lags behind what it was told no more than once, until the next poll', async () => {
    const log = logOf(1);
    const { intake, positions } = intakeOf(log);
    await intake.start();
    let reads = 0;
    const read = log.read.bind(log);
    log.read = async ({ after }) => {
      reads += 1;
      if (reads > 5) throw new Error('it is asked without rest');
      return { entries: [], through: after };
    };
    log.put(log.stream(1), 99, '1');
    intake.notice(2);
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    expect([reads, positions, intake.behind]).toEqual([1, [], 1]);
    log.read = read;
    intake.notice(2);
    await intake.reached(2);
    expect([positions, intake.behind]).toEqual([[2], 0]);
    intake.close();
  });

  it('hands entries on in bursts, offered or read', async () => {
    const log = logOf(6);
    const all = log.entries.slice();
    log.head = async () => 0;
    const { intake, positions, inBursts } = intakeOf(log);
    await intake.start();
    intake.offer(all.slice(0, 1));
    intake.offer(all.slice(1, 3));
    // What is missing is read in a page.
    await intake.reached(6);
    intake.offer(all.slice(5));
    intake.close();
    expect([positions, inBursts]).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 2, 3, 4, 5, 6],
    ]);
  });

  it('hands nothing on once it is closed, offered or on its way from the log', async () => {
    const log = logOf(6);
    const all = log.entries.slice();
    log.head = async () => 0;
    const { intake, positions } = intakeOf(log);
    await intake.start();
    const read = log.read.bind(log);
    const pages: Promise<unknown>[] = [];
    log.read = (request) => {
      const page = read(request);
      pages.push(page);
      return page;
    };
    intake.offer(all.slice(2, 3));
    expect(pages).toHaveLength(1);
    intake.close();
    intake.offer(all.slice(0, 1));
    await Promise.all(pages);
    await new Promise(setImmediate);
    expect(positions).toEqual([]);
  });

  it('reads nothing while entries come as they should', async () => {
    const log = logOf(10);
    const all = log.entries.slice();
    log.entries.length = 0;
    const { intake, positions, counters } = intakeOf(log);
    await intake.start();
    log.entries.push(...all);
    intake.offer(all);
    expect([positions.length, counters.heals]).toEqual([10, 0]);
    intake.close();
  });

  it('finds by the head poll what nobody told it, also after failures of the log', async () => {
    const log = logOf(1);
    const { intake, positions } = intakeOf(log, { headPollMs: 5 });
    await intake.start();
    let failures = 3;
    log.beforeRead = async () => {
      if (failures-- > 0) throw new Error('the database is away');
    };
    log.put(log.stream(1), 99, '1');
    await vi.waitUntil(() => positions.length === 1);
    expect(positions).toEqual([2]);
    intake.close();
  });

  it('lets nobody wait when it is closed', async () => {
    const { intake } = intakeOf(logOf(1));
    await intake.start();
    const reached = intake.reached(5);
    intake.close();
    await reached;
    await intake.reached(9);
  });
});
