import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { type Client, createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { arbitraryFilter, NAMES, TAGS } from '../gateway/testing/arbitrary-filter.ts';
import { eventsAfter, type Seen, snapshotAt } from '../gateway/testing/brute-force.ts';
import { decodeCursor } from '../schema/cursor.ts';
import type { Filter } from '../schema/filter/form.ts';
import { toWhere } from '../schema/filter/to-where.ts';
import { type Database, openDatabase } from '../server/storage/database.ts';
import { openTestDomain } from './support/domain.ts';
import { startTestPostgres } from './support/postgres.ts';
import { freePort, Presage } from './support/presage.ts';
import { Publisher } from './support/publisher.ts';

const CLIENTS = 16;
const WRITES = 600;
const VALUES = ['-10.5', '0', '2', '9', '10', '10.25'];
const QUERY = `subscription ($where: ObservationWhere, $after: Cursor, $snapshot: Boolean) {
  observations(where: $where, after: $after, snapshot: $snapshot, ready: true) { type cursor id observation { hash } } }`;

interface Event {
  readonly type: string;
  readonly cursor: string;
  readonly id: string | null;
}

let directory: string;
let server: Presage;
let stopDatabase: () => Promise<void>;
let database: Database;
let url: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'presage-subscriptions-'));
  const postgres = await startTestPostgres(directory);
  database = await openDatabase(postgres.url, 4, { info: () => undefined, warn: () => undefined });
  stopDatabase = async () => {
    await database.close();
    await postgres.stop();
  };
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const args = [
    'serve',
    '--port',
    String(port),
    '--data-dir',
    join(directory, 'server'),
    '--collect',
    'none',
  ];
  server = new Presage(args, { DATABASE_URL: postgres.url });
  await server.start('Presage is ready');
});
afterAll(async () => {
  await server.stop();
  await stopDatabase();
  await rm(directory, { recursive: true, force: true });
});

/** A socket that may be cut before it is open, which `ws` reports to nobody but its listeners. */
class CuttableSocket extends WebSocket {
  constructor(address: string, protocols?: string | string[]) {
    super(address, protocols);
    this.on('error', () => undefined);
  }
}

/** A client that is cut off again and again, and each time goes on after the last cursor that it has seen. */
class Subscriber {
  readonly filter: Filter;
  readonly wantsSnapshot: boolean;
  readonly snapshot: Seen[] = [];
  readonly seen: Seen[] = [];
  start: number | undefined;
  #after: string | null = null;
  #client: Client | undefined;

  constructor(filter: Filter, wantsSnapshot: boolean) {
    this.filter = filter;
    this.wantsSnapshot = wantsSnapshot;
  }

  get position(): number {
    return this.seen.at(-1)?.position ?? this.start ?? -1;
  }

  connect(): void {
    // Without a cursor yet the snapshot begins anew.
    if (this.#after === null) this.snapshot.length = 0;
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: CuttableSocket,
      retryAttempts: 0,
    });
    this.#client = client;
    const variables = { where: toWhere(this.filter), after: this.#after, snapshot: this.wantsSnapshot };
    client.subscribe<{ observations: Event }>(
      { query: QUERY, variables },
      {
        next: ({ data }) => {
          if (data && this.#client === client) this.#take(data.observations);
        },
        error: () => undefined,
        complete: () => undefined,
      },
    );
  }

  cut(): void {
    this.#client?.terminate();
    this.#client = undefined;
  }

  #take({ type, cursor, id }: Event): void {
    const position = decodeCursor('default', cursor);
    if (type === 'READY') this.start ??= position;
    else if (type === 'SNAPSHOT') this.snapshot.push({ type, position, id: id ?? '' });
    else this.seen.push({ type, position, id: id ?? '' });
    // Only once the snapshot is whole: a client that loses its connection in the middle begins again.
    if (this.start === undefined) return;
    this.#after = cursor;
  }
}

it('are exact over the real database, while writers write and connections are cut', async () => {
  const publisher = new Publisher(url);
  await publisher.signIn();
  const uuids: string[] = [];
  for (const [index, name] of NAMES.entries()) {
    const input = { name, secondary: index === 0 ? null : name, tags: TAGS.slice(0, index) };
    const made = await publisher.ask(
      'mutation ($input: CreateStreamInput!) { createStream(input: $input) { uuid } }',
      { input },
    );
    uuids.push((made.createStream as { uuid: string }).uuid);
  }
  const filters = fc.sample(arbitraryFilter(uuids), { numRuns: CLIENTS, seed: 7 });
  const subscribers = filters.map((filter, index) => new Subscriber(filter, index % 2 === 0));
  let writing = true;
  const ids: string[] = [];
  let serial = 0;
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(Math.random() * items.length)];

  const write = async (): Promise<void> => {
    while (serial < WRITES) {
      serial += 1;
      const id = pick(ids);
      const chance = Math.random();
      if (id && chance < 0.2) {
        await publisher.ask(
          'mutation ($id: ID!, $value: Decimal!) { correctObservation(id: $id, value: $value) { id } }',
          { id, value: pick(VALUES) },
        );
      } else if (id && chance < 0.3) {
        await publisher.ask('mutation ($id: ID!) { retractObservation(id: $id) }', { id });
      } else {
        const observations = [
          { streamUuid: pick(uuids), value: pick(VALUES), observedAt: new Date(serial % 50).toISOString() },
        ];
        const answer = await publisher.ask(
          'mutation ($input: PublishObservationsInput!) { publishObservations(input: $input) { observationIds } }',
          { input: { observations } },
        );
        ids.push(
          ...(answer.publishObservations as { observationIds: (string | null)[] }).observationIds.filter(
            (given) => given !== null,
          ),
        );
      }
    }
  };
  const disturb = async (subscriber: Subscriber): Promise<void> => {
    await delay(Math.random() * 500);
    while (writing) {
      subscriber.connect();
      await delay(20 + Math.random() * 400);
      if (Math.random() < 0.7) subscriber.cut();
      else await delay(Math.random() * 400);
      subscriber.cut();
    }
    subscriber.connect();
  };
  const disturbances = subscribers.map(disturb);
  await Promise.all([write(), write(), write(), write()]);
  writing = false;
  await Promise.all(disturbances);

  const { reader } = await openTestDomain(database);
  const through = await reader.head('default');
  const topics = ['observation', 'prediction', 'stream'] as const;
  const { entries } = await reader.read({ tenant: 'default', topics, after: 0, through, limit: 100_000 });
  expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index + 1));
  let compared = 0;
  for (const subscriber of subscribers) {
    await expect.poll(() => subscriber.start, { timeout: 10_000 }).toBeDefined();
    const expected = eventsAfter(entries, subscriber.start ?? 0, subscriber.filter);
    await expect
      .poll(() => subscriber.seen.length, { timeout: 10_000 })
      .toBeGreaterThanOrEqual(expected.length);
    expect(subscriber.seen).toEqual(expected);
    if (subscriber.wantsSnapshot) {
      const whole = snapshotAt(entries, subscriber.start ?? 0, subscriber.filter);
      expect(subscriber.snapshot).toEqual(whole);
    }
    compared += expected.length;
    subscriber.cut();
  }
  expect(compared).toBeGreaterThan(CLIENTS);
});
