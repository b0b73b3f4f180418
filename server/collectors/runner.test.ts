import { afterEach, describe, expect, it, vi } from 'vitest';
import { PresageError } from '../../schema/errors.ts';
import type { StreamDocument } from '../../schema/log-entry.ts';
import type { Actor, Domain, NewObservation, NewStream } from '../domain/domain.ts';
import { startBeat } from './beat.ts';
import { type Collectors, startCollectors } from './runner.ts';
import type { CollectorSource } from './source.ts';

const actor: Actor = {
  tenant: 'main',
  peer: { id: 1, publicKey: 'collector', name: null, role: 'PEER', createdAt: 0 },
};

/** Keeps streams and observations as the domain would, in memory. */
class MemoryDomain {
  readonly created: string[] = [];
  readonly published: NewObservation[] = [];
  readonly documents = new Map<string, StreamDocument>();
  failures = 0;

  add(input: NewStream, author: string): StreamDocument {
    const document: StreamDocument = {
      serverId: this.documents.size + 1,
      uuid: `uuid-${input.name}`,
      name: input.name,
      author,
      secondary: null,
      target: null,
      meta: null,
      description: input.description ?? null,
      tags: input.tags ?? [],
      cadenceSeconds: input.cadenceSeconds ?? null,
      createdAt: 0,
      archivedAt: null,
    };
    this.documents.set(input.name, document);
    return document;
  }

  readonly parts: Pick<Domain, 'streams' | 'observations'> = {
    streams: {
      create: async ({ peer }, input) => {
        if (this.documents.has(input.name)) throw new PresageError('CONFLICT', 'There is one.');
        this.created.push(input.name);
        return this.add(input, peer.publicKey);
      },
      find: async (_, by) => ('name' in by ? this.documents.get(by.name) : undefined),
      archive: () => Promise.reject(new Error('not asked for')),
      list: () => Promise.reject(new Error('not asked for')),
    },
    observations: {
      publish: async (_, items) => {
        if (this.failures > 0) {
          this.failures -= 1;
          throw new PresageError('UNAVAILABLE', 'The database is away.');
        }
        this.published.push(...items);
        const position = this.published.length;
        return {
          successful: items.length,
          duplicates: 0,
          failed: 0,
          observations: items.map(() => ({ streamServerId: 1, observedAt: 0 })),
          position,
          errors: [],
        };
      },
      correct: () => Promise.reject(new Error('not asked for')),
      retract: () => Promise.reject(new Error('not asked for')),
      find: () => Promise.reject(new Error('not asked for')),
      list: () => Promise.reject(new Error('not asked for')),
      latest: () => Promise.reject(new Error('not asked for')),
      latestOf: () => Promise.reject(new Error('not asked for')),
      verifyChain: () => Promise.reject(new Error('not asked for')),
    },
  };

  valuesOf(stream: string): unknown[] {
    return this.published.filter((item) => item.streamName === stream).map((item) => item.value);
  }
}

function counter(name: string): CollectorSource & { closed: boolean } {
  let value = 0;
  return {
    name,
    streams: [{ name, tags: ['host'], cadenceSeconds: 2 }],
    sample: async () => [{ stream: name, value: ++value, observedAt: 1_700_000_000_000 + value }],
    closed: false,
    close() {
      this.closed = true;
    },
  };
}

let collectors: Collectors | undefined;
const logged: string[] = [];
const log = {
  info: (_: object, message: string) => void logged.push(`info ${message}`),
  warn: (fields: object, message: string) =>
    void logged.push(`warn ${'source' in fields ? fields.source : ''} ${message}`),
  debug: () => {},
};

function start(domain: MemoryDomain, ...sources: CollectorSource[]): void {
  collectors = startCollectors({ domain: domain.parts, actor, sources, intervalMs: 5, log });
}

afterEach(async () => {
  await collectors?.stop();
  collectors = undefined;
  logged.length = 0;
  vi.useRealTimers();
});

describe('startCollectors', () => {
  it('makes the streams that are missing, once, and publishes every sample', async () => {
    const domain = new MemoryDomain();
    domain.add({ name: 'b' }, 'collector');
    const a = counter('a');
    start(domain, a, counter('b'));
    await vi.waitFor(() => expect(domain.published.length).toBeGreaterThan(10));
    await collectors?.stop();
    expect(domain.created).toEqual(['a']);
    expect(domain.documents.get('a')).toMatchObject({ tags: ['host'], cadenceSeconds: 2 });
    const values = domain.valuesOf('a');
    expect(values).toEqual(values.map((_, index) => index + 1));
    expect(domain.published).toContainEqual({
      streamName: 'a',
      value: 1,
      observedAt: '2023-11-14T22:13:20.001Z',
      provider: 'a',
    });
    expect(a.closed).toBe(true);
    const count = domain.published.length;
    await new Promise(setImmediate);
    expect(domain.published).toHaveLength(count);
  });

  it('goes on with the others while one fails, hangs, or may not publish', async () => {
    const domain = new MemoryDomain();
    domain.add({ name: 'taken' }, 'somebody else');
    let failing = 0;
    const bad: CollectorSource = {
      ...counter('bad'),
      sample: () => {
        failing += 1;
        return Promise.reject(new Error('no sensor'));
      },
    };
    const hanging: CollectorSource = { ...counter('hanging'), sample: () => new Promise(() => {}) };
    start(domain, bad, hanging, counter('taken'), counter('good'));
    await vi.waitFor(() => expect(domain.valuesOf('good').length).toBeGreaterThan(3));
    await vi.waitFor(() => expect(failing).toBeGreaterThan(3));
    expect(domain.valuesOf('taken')).toEqual([]);
    expect(logged.filter((line) => line.startsWith('warn bad'))).toHaveLength(1);
    expect(logged.filter((line) => line.startsWith('warn taken'))).toHaveLength(1);
    await collectors?.stop();
    expect(logged.at(-1)).toContain('hangs');
  });

  it('heals when the domain does, and says so', async () => {
    const domain = new MemoryDomain();
    domain.failures = 3;
    start(domain, counter('a'));
    await vi.waitFor(() => expect(domain.valuesOf('a').length).toBeGreaterThan(1));
    expect(domain.valuesOf('a')[0]).toBe(4);
    expect(logged.filter((line) => line.startsWith('warn'))).toHaveLength(1);
    expect(logged).toContain('info A collector works again.');
  });

  it('takes the stream that another process made in the meantime', async () => {
    const domain = new MemoryDomain();
    const { find } = domain.parts.streams;
    let looks = 0;
    const late: Pick<Domain, 'streams' | 'observations'> = {
      ...domain.parts,
      streams: {
        ...domain.parts.streams,
        find: async (tenant, by) => {
          if (looks++ > 0) return find(tenant, by);
          domain.add({ name: 'a' }, 'collector');
          return undefined;
        },
      },
    };
    collectors = startCollectors({ domain: late, actor, sources: [counter('a')], intervalMs: 5, log });
    await vi.waitFor(() => expect(domain.valuesOf('a').length).toBeGreaterThan(0));
    expect(domain.created).toEqual([]);
    expect(logged).toEqual([]);
  });
});

describe('startBeat', () => {
  it('skips beats while a job overruns, and keeps to the grid', async () => {
    vi.useFakeTimers();
    const started: number[] = [];
    const origin = performance.now();
    let running = 0;
    const beat = startBeat(100, async () => {
      expect(++running).toBe(1);
      started.push(performance.now() - origin);
      if (started.length === 2) await new Promise((resolve) => setTimeout(resolve, 250));
      running -= 1;
    });
    await vi.advanceTimersByTimeAsync(650);
    expect(started).toEqual([0, 100, 400, 500, 600]);
    await beat.stop();
    await vi.advanceTimersByTimeAsync(500);
    expect(started).toHaveLength(5);
  });

  it('waits at the end for the job that is under way', async () => {
    let finish = () => {};
    let finished = false;
    const beat = startBeat(5, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      finished = true;
    });
    const stopping = beat.stop();
    finish();
    await stopping;
    expect(finished).toBe(true);
  });
});
