import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor } from '../schema/cursor.ts';
import type { Filter } from '../schema/filter/form.ts';
import { toWhere } from '../schema/filter/to-where.ts';
import { randomFrom } from '../schema/seeded-random.ts';
import { Outbox } from './delivery/outbox.ts';
import type { Subscription } from './delivery/subscription.ts';
import { Engine } from './engine.ts';
import type { Broker, Identity } from './ports.ts';
import { gatewaySettings } from './settings.ts';
import { newCounters } from './stats.ts';
import { arbitraryFilter, NAMES, TAGS } from './testing/arbitrary-filter.ts';
import { eventsAfter, type Seen, snapshotAt } from './testing/brute-force.ts';
import { TestExecutor } from './testing/executor.ts';
import { MemoryLog } from './testing/memory-log.ts';
import { MemorySocket } from './testing/memory-socket.ts';
import { SILENT } from './testing/running-gateway.ts';
import { UnrulyBroker } from './testing/unruly-broker.ts';

const READER: Identity = { tenant: 'main', publicKey: null, expiresAt: null };
const QUERY = `subscription ($where: ObservationWhere, $after: Cursor, $snapshot: Boolean) {
  observations(where: $where, after: $after, snapshot: $snapshot, ready: true) { type cursor id observation { value } }
}`;
const VALUES = ['-10.5', '0', '2', '9', '10', '10.25'];
const BUDGET = 800;
const COUNTERS = ['heals', 'deliveries', 'catchUpPages', 'lagged'] as const;

const LOG = new MemoryLog();
const UUIDS = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
const STREAMS = UUIDS.map((uuid, index) =>
  LOG.stream(index + 1, {
    uuid,
    name: NAMES[index] ?? '',
    secondary: index === 0 ? null : (NAMES[index] ?? null),
    tags: TAGS.slice(0, index),
  }),
);

/** A client that keeps what it has taken and resumes after the last cursor it has seen. */
class Client {
  readonly filter: Filter;
  readonly takesSnapshot: boolean;
  readonly snapshot: Seen[] = [];
  readonly seen: Seen[] = [];
  /** Whether the connection held until the whole snapshot was there. */
  hasWholeSnapshot = false;
  readonly errors: unknown[] = [];
  start = -1;
  peakBytes = 0;
  #after: string | null = null;
  #connected: {
    socket: MemorySocket;
    subscription: Subscription;
    read: number;
    outbox: Outbox;
    isFirst: boolean;
  } | null = null;

  constructor(filter: Filter, takesSnapshot: boolean) {
    this.filter = filter;
    this.takesSnapshot = takesSnapshot;
  }

  get isStarting(): boolean {
    return this.start === -1 && this.errors.length === 0;
  }

  connect(engine: Engine, executor: TestExecutor): void {
    if (this.#connected) return;
    const socket = new MemorySocket();
    const outbox = new Outbox(socket, engine.budget, engine.burst);
    const request = {
      query: QUERY,
      variables: { where: toWhere(this.filter), after: this.#after, snapshot: this.takesSnapshot },
    };
    const subscription = engine.subscribe(executor.prepare(request), request, READER, {
      outbox,
      frame: (payload) => payload,
      onFailure: (error) => this.errors.push(error),
    });
    this.#connected = { socket, subscription, read: 0, outbox, isFirst: this.#after === null };
  }

  disconnect(): void {
    this.collect();
    if (!this.#connected) return;
    const { socket, subscription, outbox } = this.#connected;
    this.#connected = null;
    subscription.end();
    outbox.close();
    socket.close();
  }

  stall(): void {
    this.#connected?.socket.stall();
  }

  flow(): void {
    this.#connected?.socket.flow();
  }

  /** Takes note of the frames that have arrived. */
  collect(): void {
    if (!this.#connected) return;
    const { socket } = this.#connected;
    this.peakBytes = Math.max(this.peakBytes, socket.peakBytes);
    for (const frame of socket.taken.slice(this.#connected.read)) {
      const { type, cursor, id } = JSON.parse(frame).data.observations;
      const position = decodeCursor('main', cursor);
      this.#after = cursor;
      if (type === 'SNAPSHOT') this.snapshot.push({ type, position, id });
      else if (type !== 'READY') this.seen.push({ type, position, id });
      else if (this.start === -1) {
        this.start = position;
        this.hasWholeSnapshot = this.takesSnapshot && this.#connected.isFirst;
      }
    }
    this.#connected.read = socket.taken.length;
  }
}

class World {
  readonly log = new MemoryLog();
  readonly executor = new TestExecutor();
  readonly engine: Engine;
  readonly clients: Client[];
  readonly #broker: Broker;
  readonly #chance: () => number;

  constructor(seed: number, filters: readonly Filter[]) {
    this.#chance = randomFrom(seed);
    this.#broker = new UnrulyBroker(this.#chance);
    this.clients = filters.map((filter, n) => new Client(filter, n % 2 === 0));
    this.log.beforeRead = async (what) => {
      await this.#someTurns();
      if (what === 'read' && this.#chance() < 0.05) throw new Error('the database is away');
    };
    this.executor.beforeEvent = () => this.#someTurns();
    // From none, so that every stretch is read from the log, to enough for the last one to come from memory.
    const recentEntries = seed % 3 === 0 ? 6 : 0;
    this.engine = new Engine({
      log: this.log,
      executor: this.executor,
      broker: this.#broker,
      logger: SILENT,
      settings: gatewaySettings({
        byteBudget: BUDGET,
        headPollMs: 5,
        catchUpPage: 7,
        recentEntries,
        cohortBacklog: 3,
        retryMs: 1,
      }),
      visibility: () => '',
    });
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      if (this.#chance() < 0.3) this.#write();
      const client = this.#pick(this.clients);
      const fate = this.#chance();
      if (fate < 0.35) client.connect(this.engine, this.executor);
      else if (fate < 0.4) client.disconnect();
      else if (fate < 0.5) client.stall();
      else if (fate < 0.7) client.flow();
      client.collect();
      await this.#someTurns();
    }
  }

  /** Lets everything flow until each client has as much as it must have. */
  async settle(): Promise<void> {
    for (const client of this.clients) {
      client.connect(this.engine, this.executor);
      client.flow();
    }
    const deadline = Date.now() + 5_000;
    for (const client of this.clients) {
      client.collect();
      while (Date.now() < deadline && client.isStarting) {
        await turn();
        client.collect();
      }
      const expected = eventsAfter(this.log.entries, client.start, client.filter).length;
      while (Date.now() < deadline && client.seen.length < expected) {
        await turn();
        client.collect();
      }
    }
    // A repeat would come right after.
    for (let n = 0; n < 20; n += 1) await turn();
    for (const client of this.clients) client.disconnect();
    await this.engine.close();
  }

  #write(): void {
    const count = 1 + Math.floor(this.#chance() * 4);
    const entries = Array.from({ length: count }, () => {
      const stream = this.#pick(STREAMS);
      const observedAt = Math.floor(this.#chance() * 6);
      const retraction = this.#chance() < 0.25 ? this.log.retract(stream, observedAt) : undefined;
      return retraction ?? this.log.put(stream, observedAt, this.#pick(VALUES));
    });
    this.#broker.publish('main', entries);
  }

  async #someTurns(): Promise<void> {
    const turns = Math.floor(this.#chance() * 4);
    for (let n = 0; n < turns; n += 1) await turn();
  }

  #pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.#chance() * from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }
}

describe('a subscription', () => {
  it('is exact, whatever brokers, sockets and clients do', async () => {
    const total = newCounters();
    let snapshots = 0;
    const filters = fc.array(arbitraryFilter(UUIDS), { minLength: 3, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(fc.integer(), filters, async (seed, given) => {
        const world = new World(seed, [{ kind: 'and', of: [] }, ...given]);
        await world.run(300);
        await world.settle();
        for (const client of world.clients) {
          expect(client.errors).toEqual([]);
          expect(client.seen).toEqual(eventsAfter(world.log.entries, client.start, client.filter));
          if (client.hasWholeSnapshot) {
            snapshots += 1;
            expect(client.snapshot).toEqual(snapshotAt(world.log.entries, client.start, client.filter));
          }
          expect(client.peakBytes).toBeLessThan(BUDGET + 500);
        }
        for (const counter of COUNTERS) total[counter] += world.engine.counters[counter];
        expect(world.engine.stats()).toMatchObject({ subscriptions: 0, live: 0, cohorts: 0 });
      }),
      { numRuns: 30, seed: 20_260_101, endOnFailure: true },
    );
    // All of it took part, or nothing was proven.
    expect(snapshots).toBeGreaterThan(20);
    for (const counter of COUNTERS) expect(total[counter], counter).toBeGreaterThan(100);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
