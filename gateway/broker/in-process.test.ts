import { describe, expect, it, vi } from 'vitest';
import { MemoryLog } from '../testing/memory-log.ts';
import { SILENT } from '../testing/running-gateway.ts';
import { InProcessBroker } from './in-process.ts';

describe('the in-process broker', () => {
  it('hands over in order and at once, after the writer has gone on, and to all although one throws', async () => {
    const error = vi.fn();
    const broker = new InProcessBroker({ ...SILENT, error });
    const log = new MemoryLog();
    const stream = log.stream(1);
    const positions: number[][] = [];
    broker.consume('main', () => {
      throw new Error('a bad consumer');
    });
    const stop = broker.consume('main', (entries) => {
      positions.push(entries.map(({ position }) => position));
    });
    broker.publish('main', [log.put(stream, 1, '1'), log.put(stream, 2, '2')]);
    broker.publish('main', [log.put(stream, 3, '3')]);
    broker.publish('main', []);
    expect(positions).toEqual([]);
    await vi.waitUntil(() => positions.length > 0);
    expect(positions).toEqual([[1, 2, 3]]);
    expect(error).toHaveBeenCalledTimes(1);
    stop();
    broker.publish('main', [log.put(stream, 4, '4')]);
    await vi.waitUntil(() => error.mock.calls.length === 2);
    expect(positions).toHaveLength(1);
  });
});
