import { expect, it } from 'vitest';
import { gatewaySettings } from '../settings.ts';
import { newCounters } from '../stats.ts';
import { CountingBroker } from '../testing/counting-broker.ts';
import { MemoryLog } from '../testing/memory-log.ts';
import { SILENT } from '../testing/running-gateway.ts';
import { Intakes } from './intakes.ts';

async function watched() {
  const log = new MemoryLog();
  const broker = new CountingBroker();
  const settings = gatewaySettings({ headPollMs: 60_000 });
  const intakes = new Intakes({ log, broker, logger: SILENT, settings, counters: newCounters() });
  const seen: Record<'one' | 'other', number[]> = { one: [], other: [] };
  const one = intakes.watch('main', ({ position }) => seen.one.push(position));
  const other = intakes.watch('main', ({ position }) => seen.other.push(position));
  await Promise.all([one.started, other.started]);
  const commit = async () => {
    broker.publish('main', [log.put(log.stream(1), log.entries.length, '1')]);
    await Promise.resolve();
  };
  return { intakes, broker, seen, one, other, commit };
}

it('shares the intake of a tenant among those who watch it, until the last of them leaves', async () => {
  const { intakes, broker, seen, one, other, commit } = await watched();
  expect(broker.consumers).toBe(1);
  await commit();
  one.close();
  // Once is enough: what it leaves by closing again is not the other's.
  one.close();
  await commit();
  expect(seen).toEqual({ one: [1], other: [1, 2] });
  expect(intakes.positions()).toEqual(new Map([['main', 2]]));
  other.close();
  expect([broker.consumers, intakes.positions().size]).toEqual([0, 0]);
  await commit();
  expect(seen).toEqual({ one: [1], other: [1, 2] });
});

it('opens a tenant anew after the last has left, which who left before has no part in', async () => {
  const { intakes, broker, one, other, seen, commit } = await watched();
  one.close();
  other.close();
  await commit();
  const third: number[] = [];
  const again = intakes.watch('main', ({ position }) => third.push(position));
  await again.started;
  other.close();
  await commit();
  expect([seen.other, third, broker.consumers]).toEqual([[], [2], 1]);
  intakes.close();
  await commit();
  expect([third, broker.consumers, intakes.positions().size]).toEqual([[2], 0, 0]);
});
