import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Collection, type CollectionOptions, startCollection } from './collection.ts';
import type { Schedule } from './schedule.ts';
import type { CollectorSource, Sample } from './source.ts';
import { Spool } from './spool/spool.ts';
import { MemorySink } from './testing/memory-sink.ts';

const OFTEN: Schedule = { kind: 'interval', everyMs: 5, jitterMs: 0 };
const START = 1_700_000_000_000;

let directory = '';
let spool: Spool;
let sink: MemorySink;
let collection: Collection | undefined;
const logged: string[] = [];
const log = {
  info: (_: object, message: string) => void logged.push(`info ${message}`),
  warn: (fields: object, message: string) =>
    void logged.push(`warn ${'source' in fields ? fields.source : ''} ${message}`),
  error: (_: object, message: string) => void logged.push(`error ${message}`),
  debug: () => {},
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'presage-collection-'));
  spool = new Spool({ directory, maxBytes: 100_000_000, retentionMs: 86_400_000 });
  sink = new MemorySink();
});

afterEach(async () => {
  await collection?.stop();
  collection = undefined;
  spool.close();
  logged.length = 0;
  rmSync(directory, { recursive: true });
});

function counter(name: string, extra: Partial<CollectorSource> = {}): CollectorSource & { closed: boolean } {
  let value = 0;
  return {
    name,
    streams: [{ name, tags: ['host'], cadenceSeconds: 2 }],
    sample: async (): Promise<readonly Sample[]> => [
      { stream: name, value: ++value, observedAt: START + value },
    ],
    ...extra,
    closed: false,
    close() {
      this.closed = true;
    },
  };
}

function start(sources: readonly CollectorSource[], extra: Partial<CollectionOptions> = {}): Collection {
  collection = startCollection({
    sources: sources.map((source) => ({ source, schedule: OFTEN })),
    ...{ spool, sink, log },
    ...extra,
  });
  return collection;
}

describe('startCollection', () => {
  it('makes the streams that are missing, once, and publishes every sample', async () => {
    sink.add('b');
    const a = counter('a');
    const running = start([a, counter('b')]);
    await vi.waitFor(() => expect(sink.published.length).toBeGreaterThan(10));
    await running.stop();
    expect(sink.created).toEqual([{ name: 'a', tags: ['host'], cadenceSeconds: 2 }]);
    const values = sink.valuesOf('a');
    expect(values).toEqual(values.map((_, index) => String(index + 1)));
    expect(sink.published).toContainEqual({
      ...{ streamName: 'a', value: '1', provider: 'a' },
      observedAt: '2023-11-14T22:13:20.001Z',
    });
    expect(a.closed).toBe(true);
    expect(spool.counts()).toEqual({ kept: sink.published.length, waiting: 0, refused: 0 });
    expect(running.report()).toContainEqual({
      ...{ stream: 'a', uuid: 'uuid-a', symbol: null, kinds: ['a'], errors: 0, lastError: null },
      ...{ messages: values.length, bytes: values.join('').length + values.length * 9 },
      ...{ firstObservedAt: START + 1, lastObservedAt: START + values.length },
    });
  });

  it('goes on with the others while one fails, hangs, or may not publish', async () => {
    sink.taken.add('taken');
    let failing = 0;
    const bad = counter('bad', {
      sample: () => {
        failing += 1;
        return Promise.reject(new Error('no sensor'));
      },
    });
    const hanging = counter('hanging', { sample: () => new Promise(() => {}) });
    const running = start([bad, hanging, counter('taken'), counter('good')]);
    await vi.waitFor(() => expect(sink.valuesOf('good').length).toBeGreaterThan(3));
    await vi.waitFor(() => expect(failing).toBeGreaterThan(3));
    expect(sink.valuesOf('taken')).toEqual([]);
    expect(spool.waiting(1)).toMatchObject([{ stream: 'taken', value: '1' }]);
    expect(logged.filter((line) => line.startsWith('warn bad'))).toHaveLength(1);
    expect(logged.filter((line) => line.includes('waits in the spool'))).toHaveLength(1);
    expect(running.report().find(({ stream }) => stream === 'bad')).toMatchObject({
      messages: 0,
      lastError: 'no sensor',
    });
    await running.stop();
    expect(logged.some((line) => line.includes('hangs'))).toBe(true);
  });

  it('loses nothing and doubles nothing while the server is away, or answers what nobody hears', async () => {
    sink.away = 1;
    sink.unheard = 1;
    const running = start([counter('a')]);
    await vi.waitFor(() => expect(logged).toContain('info A collector works again.'), 5_000);
    await vi.waitFor(() => expect(sink.valuesOf('a').length).toBeGreaterThan(5));
    await running.stop();
    const values = sink.valuesOf('a');
    expect(values).toEqual(values.map((_, index) => String(index + 1)));
    expect(logged.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  it('collects what is wanted, from one moment to the next', async () => {
    let sampled = 0;
    const a = counter('a');
    const b = counter('b');
    const { sample } = b;
    b.sample = (signal) => {
      sampled += 1;
      return sample(signal);
    };
    const running = start([a, b], { selection: new Set(['a']) });
    await vi.waitFor(() => expect(sink.valuesOf('a').length).toBeGreaterThan(3));
    expect(sampled).toBe(0);
    running.select(new Set(['b']));
    await vi.waitFor(() => expect(sink.valuesOf('b').length).toBeGreaterThan(3));
    const stopped = spool.counts().kept - sink.valuesOf('b').length;
    expect(sink.valuesOf('a').length).toBeGreaterThanOrEqual(stopped - 1);
    expect(running.streams().map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('offers streams that a source finds out about, and collects them once they are wanted', async () => {
    const finding = counter('found', { streams: [] });
    const running = start([finding], { selection: new Set() });
    await vi.waitFor(() => expect(running.streams()).toEqual([{ name: 'found' }]));
    expect(spool.counts().kept).toBe(0);
    running.select(new Set(['found']));
    await vi.waitFor(() => expect(sink.valuesOf('found').length).toBeGreaterThan(2));
  });

  it('keeps what the server would not take, with the reason', async () => {
    sink.refuse = (item) => (item.value === '2' ? 'CONFLICT' : undefined);
    const running = start([counter('a')]);
    await vi.waitFor(() => expect(sink.valuesOf('a')).toContain('4'));
    await running.stop();
    expect(sink.valuesOf('a').slice(0, 3)).toEqual(['1', '3', '4']);
    expect(spool.counts()).toMatchObject({ waiting: 0, refused: 1 });
    expect(logged.filter((line) => line.startsWith('error'))).toHaveLength(1);
  });

  it('observes the median of what several sources quote, and each quote as its own', async () => {
    const quoting = (name: string, value: string): CollectorSource => ({
      ...{ name, quotes: ['BTC'], streams: [{ name: `${name}_btc` }] },
      sample: async () => [{ stream: `${name}_btc`, value, observedAt: Date.now(), quoteOf: 'BTC' }],
    });
    const combine = { schedule: OFTEN, maxAgeMs: 60_000, maxDeviationPercent: 5, minQuotes: 2 };
    const sources = [quoting('x', '100'), quoting('y', '101.5'), quoting('z', '900')];
    const running = start(sources, { combine });
    await vi.waitFor(() => expect(sink.valuesOf('spot_btc').length).toBeGreaterThan(3));
    await vi.waitFor(() => expect(sink.valuesOf('spot_btc')).toContain('100.75'));
    expect(sink.valuesOf('z_btc')).toContain('900');
    const report = running.report().find(({ stream }) => stream === 'spot_btc');
    expect(report).toMatchObject({ symbol: 'BTC', kinds: ['median'] });
    expect(report?.lastError).toContain('z 900');
    expect(logged.filter((line) => line.startsWith('warn z'))).toHaveLength(1);
  });
});
