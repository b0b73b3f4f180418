import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Filter } from '../../../schema/filter/form.ts';
import type { LogEntry } from '../../../schema/log-entry.ts';
import { ReadTimeout } from '../../storage/errors.ts';
import type { LogPage, LogRead } from './log-reader.ts';
import { SlicedLog } from './sliced-log.ts';

/** How long a statement may take here, in ms. */
const MAY_MS = 300;

/** A log of which some positions match, and whose statements take time by the positions that they look at. */
class CostlyLog {
  now = 0;
  longestMs = 0;
  timeouts = 0;
  statements = 0;
  refusesFilters = false;
  readonly #positions: readonly number[];
  readonly #msAt: (position: number) => number;

  constructor(positions: Iterable<number>, msAt: (position: number) => number) {
    this.#positions = [...new Set(positions)].sort((a, b) => a - b);
    this.#msAt = msAt;
  }

  head = async (): Promise<number> => 0;

  read = async ({ after, through, limit, filter }: LogRead): Promise<LogPage> => {
    this.statements += 1;
    if (filter && this.refusesFilters) {
      this.now += MAY_MS;
      this.timeouts += 1;
      throw new ReadTimeout(MAY_MS, undefined);
    }
    const found = this.#positions
      .filter((position) => position > after && position <= through)
      .slice(0, limit);
    const full = found.length === limit;
    const until = full ? (found.at(-1) ?? through) : through;
    const took = 0.5 + ((until - after) / 1_000) * this.#msAt(after);
    this.now += Math.min(took, MAY_MS);
    if (took > MAY_MS) throw new ReadTimeout(MAY_MS, undefined);
    this.longestMs = Math.max(this.longestMs, took);
    return { entries: found.map(entryAt), through: until };
  };
}

function entryAt(position: number): LogEntry {
  return { position } as LogEntry;
}

async function readAll(log: CostlyLog, head: number, limit: number, filter?: Filter) {
  const sliced = new SlicedLog({ log, snapshots: NO_SNAPSHOTS }, () => log.now);
  const seen: number[] = [];
  const pagesMs: number[] = [];
  for (let after = 0; after < head; ) {
    const began = log.now;
    const asked = { tenant: 'main', topics: ['observation'], after, through: head, limit } as const;
    const page = await sliced.read(filter ? { ...asked, filter } : asked);
    pagesMs.push(log.now - began);
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    expect(page.through).toBeGreaterThan(after);
    seen.push(...page.entries.map(({ position }) => position));
    after = page.through;
  }
  return { seen, pagesMs };
}

const FILTER: Filter = { kind: 'is', field: 'stream.name', op: 'contains', value: 'x' };
const refuse = (): Promise<never> => Promise.reject(new Error('no snapshot in this test'));
const NO_SNAPSHOTS = { snapshot: refuse, lineage: refuse };

it('reads everything once and in order, however long the database takes over it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 300_000 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 50 }),
      // Up to half of the most that the fewest positions may cost.
      fc.array(fc.double({ min: 0.001, max: MAY_MS, noNaN: true }), { minLength: 1, maxLength: 5 }),
      async (head, places, limit, costs) => {
        const positions = new Set(places.map((place) => 1 + Math.floor(place * (head - 1))));
        const log = new CostlyLog(positions, (at) => costs[Math.floor((at / head) * costs.length)] ?? 0);
        const { seen } = await readAll(log, head, limit, FILTER);
        expect(seen).toEqual([...positions].sort((a, b) => a - b));
      },
    ),
    { numRuns: 40 },
  );
});

it('finds nothing in a long log by few statements, and gives way to others meanwhile', async () => {
  const quick = new CostlyLog([], () => 0.0001);
  await readAll(quick, 100_000_000, 500, FILTER);
  expect(quick.statements).toBeLessThan(20);
  const slow = new CostlyLog([], () => 2);
  const { pagesMs } = await readAll(slow, 1_000_000, 500, FILTER);
  // A page ends within one statement of its time.
  expect(Math.max(...pagesMs)).toBeLessThan(200 + MAY_MS);
  expect(slow.longestMs).toBeLessThan(MAY_MS);
});

it('does without a filter that takes too long over anything, and does not try it again', async () => {
  const log = new CostlyLog([7, 40_000, 1_000_000], () => 0.1);
  log.refusesFilters = true;
  const { seen } = await readAll(log, 1_000_000, 500, FILTER);
  expect(seen).toEqual([7, 40_000, 1_000_000]);
  expect(log.timeouts).toBe(3);
});

it('says so where even a little takes too long', async () => {
  const log = new CostlyLog([], () => 100 * MAY_MS);
  await expect(readAll(log, 10_000, 500)).rejects.toThrow(ReadTimeout);
});
