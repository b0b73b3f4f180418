import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { parseDecimal } from '../../../schema/decimal.ts';
import { type CoreTimes, cpuSource } from './cpu.ts';
import { diskSource } from './disk.ts';
import { hostSources } from './host.ts';
import { networkSource, parseTraffic } from './network.ts';

const signal = AbortSignal.timeout(60_000);

const directory = mkdtempSync(join(tmpdir(), 'presage-host-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('the host of this test', () => {
  it('tells of itself on every stream that it describes, in range and in exact decimals', async () => {
    const sources = hostSources({ intervalMs: 2_000, diskPath: directory });
    const values = new Map<string, number>();
    const described = sources.flatMap((source) => source.streams.map((stream) => stream.name));
    // Rates and histograms need two looks with time between them.
    await vi.waitFor(
      async () => {
        for (const source of sources) {
          for (const sample of await source.sample(signal)) {
            expect(parseDecimal(sample.value), sample.stream).toBeDefined();
            expect(Math.abs(sample.observedAt - Date.now())).toBeLessThan(5_000);
            values.set(sample.stream, Number(sample.value));
          }
        }
        expect([...values.keys()].sort()).toEqual([...described].sort());
      },
      { timeout: 5_000, interval: 50 },
    );
    for (const source of sources) source.close?.();

    expect(new Set(described).size).toBe(described.length);
    expect(described.length).toBeGreaterThanOrEqual(5);
    expect(described).toContain(`host_cpu${cpus().length - 1}_percent`);
    for (const [stream, value] of values) {
      expect(value, stream).toBeGreaterThanOrEqual(0);
      if (stream.endsWith('_percent')) expect(value, stream).toBeLessThanOrEqual(100);
    }
    expect(values.get('host_memory_used_bytes')).toBeLessThan(totalmem());
    for (const { tags, cadenceSeconds } of sources.flatMap((source) => source.streams)) {
      expect(tags).toContain('host');
      expect(cadenceSeconds).toBe(2);
    }
  });
});

describe('cpuSource', () => {
  it('gives the busy share of the time between two samples', async () => {
    const readings: CoreTimes[][] = [
      [
        { busy: 0, total: 0 },
        { busy: 10, total: 100 },
      ],
      [
        { busy: 25, total: 100 },
        { busy: 10, total: 200 },
      ],
      [
        { busy: 25, total: 100 },
        { busy: 10, total: 200 },
      ],
    ];
    const source = cpuSource(2_000, () => readings.shift() ?? []);
    const first = await source.sample(signal);
    expect(first.map(({ stream, value }) => [stream, value])).toEqual([
      ['host_cpu_percent', 12.5],
      ['host_cpu0_percent', 25],
      ['host_cpu1_percent', 0],
    ]);
    expect(await source.sample(signal)).toEqual([]);
    expect(await source.sample(signal)).toEqual([]);
  });
});

describe('networkSource', () => {
  const HEADER = 'Inter-|   Receive  |  Transmit\n face |bytes    packets |bytes    packets\n';
  const line = (name: string, received: number, sent: number) =>
    `  ${name}: ${received} 1 0 0 0 0 0 0 ${sent} 1 0 0 0 0 0 0\n`;

  it('sums the interfaces without loopback', () => {
    const text = `${HEADER}${line('lo', 999, 999)}${line('eth0', 5, 7)}  wlan0:1 1 0 0 0 0 0 0 2 1 0 0 0 0 0 0\n`;
    expect(parseTraffic(text)).toEqual({ received: 6, sent: 9 });
  });

  it('is left out where there are no counters', () => {
    expect(networkSource(2_000, join(directory, 'missing'))).toBeUndefined();
  });

  it('skips the interval in which the counters started anew', async () => {
    const file = join(directory, 'dev');
    writeFileSync(file, HEADER + line('eth0', 1_000, 1_000));
    const source = networkSource(2_000, file);
    expect(await source?.sample(signal)).toEqual([]);
    writeFileSync(file, HEADER + line('eth0', 10, 10));
    expect(await source?.sample(signal)).toEqual([]);
    writeFileSync(file, HEADER + line('eth0', 20, 10));
    const [received, sent] = (await source?.sample(signal)) ?? [];
    expect(Number(received?.value)).toBeGreaterThan(0);
    expect(sent?.value).toBe(0);
  });
});

describe('diskSource', () => {
  it('fails for a path that is not there', async () => {
    await expect(diskSource(2_000, join(directory, 'missing')).sample(signal)).rejects.toThrow('ENOENT');
  });
});
