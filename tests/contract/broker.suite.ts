import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Broker } from '../../gateway/ports.ts';
import { gatewaySettings } from '../../gateway/settings.ts';
import { newCounters } from '../../gateway/stats.ts';
import { Intake } from '../../gateway/streamer/intake.ts';
import { MemoryLog } from '../../gateway/testing/memory-log.ts';
import { SILENT } from '../../gateway/testing/running-gateway.ts';

/** A network of processes over one log, as far as brokers go. */
export interface BrokerNetwork {
  /** The broker of a process: where there are several processes, of another one each time. */
  broker(): Broker;
  close(): Promise<void>;
}

const WAIT = { timeout: 10_000, interval: 5 };

/** What every broker does, whatever is between the processes. */
export function brokerSuite(name: string, open: (log: MemoryLog) => Promise<BrokerNetwork>): void {
  describe(`the ${name} broker`, () => {
    let log: MemoryLog;
    let network: BrokerNetwork;
    beforeEach(async () => {
      log = new MemoryLog();
      network = await open(log);
    });
    afterEach(() => network.close());

    /** Publishes one more entry, and gives its position. */
    function put(broker: Broker): number {
      const entry = log.put(log.stream(1), log.entries.length, '1');
      broker.publish(log.tenant, [entry]);
      return entry.position;
    }

    /** Publishes entries until `heard` has one: what was published before somebody listened is nobody's. */
    async function untilHeard(broker: Broker, heard: readonly number[]): Promise<void> {
      await vi.waitUntil(() => put(broker) > 0 && heard.length > 0, { timeout: 10_000, interval: 20 });
    }

    it('hands over in order, after the writer has gone on, and to all although one throws', async () => {
      const [one, other] = [network.broker(), network.broker()];
      other.consume(log.tenant, () => {
        throw new Error('a bad consumer');
      });
      const heard: number[] = [];
      other.consume(log.tenant, (entries) => heard.push(...entries.map(({ position }) => position)));
      await untilHeard(one, heard);
      const before = heard.length;
      const last = [put(one), put(one), put(one)].at(-1);
      expect(heard).toHaveLength(before);
      await vi.waitUntil(() => heard.at(-1) === last, WAIT);
      expect(heard).toEqual(heard.map((_, index) => (heard[0] ?? 0) + index));
    });

    it('hands over what was written, whole', async () => {
      const [one, other] = [network.broker(), network.broker()];
      const heard: number[] = [];
      const entries: unknown[] = [];
      other.consume(log.tenant, (some) => {
        heard.push(...some.map(({ position }) => position));
        entries.push(...some);
      });
      await untilHeard(one, heard);
      const stream = log.stream(2, { tags: ['a', 'ü'], meta: '"quoted"\n' });
      const written = [log.put(stream, 1, '-1.5'), log.put(stream, 1, '2'), log.retract(stream, 1)];
      one.publish(
        log.tenant,
        written.filter((entry) => entry !== undefined),
      );
      await vi.waitUntil(() => heard.at(-1) === written[2]?.position, WAIT);
      expect(entries.slice(-3)).toEqual(written);
    });

    it('goes on for the second of two consumers when the first leaves, and ends with the last', async () => {
      const [one, other] = [network.broker(), network.broker()];
      const [first, second]: [number[], number[]] = [[], []];
      const stopFirst = other.consume(log.tenant, (entries) => first.push(entries.length));
      const stopSecond = other.consume(log.tenant, (entries) => second.push(entries.length));
      await untilHeard(one, first);
      await vi.waitUntil(() => second.length > 0, WAIT);
      stopFirst();
      const [heardFirst, heardSecond] = [first.length, second.length];
      put(one);
      await vi.waitUntil(() => second.length > heardSecond, WAIT);
      expect(first).toHaveLength(heardFirst);
      stopSecond();
      const again: number[] = [];
      const stopAgain = other.consume(log.tenant, (entries) => again.push(entries.length));
      const after = second.length;
      await untilHeard(one, again);
      expect(second).toHaveLength(after);
      stopAgain();
    });

    it('keeps tenants apart', async () => {
      const [one, other] = [network.broker(), network.broker()];
      const foreign = vi.fn();
      other.consume('another', foreign);
      const heard: number[] = [];
      other.consume(log.tenant, (entries) => heard.push(...entries.map(({ position }) => position)));
      await untilHeard(one, heard);
      expect(foreign).not.toHaveBeenCalled();
    });

    it('lets whoever listens have each entry once and in order, however several processes publish', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({ size: fc.integer({ min: 1, max: 4 }), fate: fc.integer({ min: 0, max: 9 }) }),
            {
              minLength: 5,
              maxLength: 30,
            },
          ),
          async (writes) => {
            const brokers = [network.broker(), network.broker()];
            const [reading] = [network.broker()];
            const positions: number[] = [];
            const intake = new Intake(log.tenant, {
              ...{ log, logger: SILENT, counters: newCounters() },
              settings: gatewaySettings({ headPollMs: 20 }),
              onEntry: ({ position }) => positions.push(position),
            });
            const stop = reading?.consume(log.tenant, (entries) => intake.offer(entries));
            await intake.start();
            const from = log.entries.length;
            for (const { size, fate } of writes) {
              const entries = Array.from({ length: size }, () =>
                log.put(log.stream(1), log.entries.length, '1'),
              );
              const broker = brokers[fate % 2];
              // A process that dies between commit and publication; one that publishes twice.
              if (fate > 1) broker?.publish(log.tenant, entries);
              if (fate === 9) broker?.publish(log.tenant, entries);
            }
            await vi.waitUntil(() => intake.position === log.entries.length, WAIT);
            stop?.();
            intake.close();
            expect(positions).toEqual(log.entries.slice(from).map(({ position }) => position));
          },
        ),
        { numRuns: 20, seed: 7 },
      );
    });
  });
}
