import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { IS_GIVEN_POSTGRES } from '../support/postgres.ts';
import { Publisher } from '../support/publisher.ts';
import { type ServerProcess, ServerProcesses } from '../support/server-processes.ts';
import { CuttingProxy } from './support/cutting-proxy.ts';
import { IS_SOAK, SEED } from './support/form.ts';
import { Recorder } from './support/recorder.ts';
import { socketFeed } from './support/socket-feed.ts';
import { Truth } from './support/truth.ts';
import { EXACT, settle, verify } from './support/verify.ts';

/** How long nobody is there, and how long a replica waits to be promoted, in ms. */
const AWAY_MS = 20_000;
const CALLERS = 4;
const SOON = { timeout: 30_000, interval: 20 };
const PUBLISH = `mutation ($input: PublishObservationsInput!) {
  publishObservations(input: $input) { successful duplicates failed } }`;

let directory: string;
let db: TestDatabase;
let proxy: CuttingProxy;
let processes: ServerProcesses;
let server: ServerProcess;
let publisher: Publisher;
let clients: readonly Recorder[] = [];
const over = new AbortController();
let writing: Promise<unknown> = Promise.resolve();
/** Observations that were acknowledged, and what callers were told instead, by code. */
let acknowledged = 0;
let sent = 0;
const refusals = new Map<string, string>();

/** In the long form only, and on a server of its own, whose configuration is changed. */
describe.runIf(IS_SOAK && !IS_GIVEN_POSTGRES)('a database that fails over', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'presage-failover-'));
    db = await openTestDatabase();
    proxy = await CuttingProxy.open(db.url);
    const url = new URL(db.url);
    url.port = String(proxy.port);
    processes = new ServerProcesses(directory, { DATABASE_URL: url.href, PRESAGE_DATABASE_POOL_SIZE: '8' });
    server = await processes.start('all');
    publisher = new Publisher(server.url);
    await publisher.signIn();
    await publisher.ask('mutation { createStream(input: {name: "a"}) { uuid } }');
    clients = Array.from({ length: 60 }, (_, n) =>
      new Recorder({
        open: socketFeed(server.url),
        filter: { kind: 'and', of: [] },
        seed: SEED + n,
      }).connect(),
    );
    writing = Promise.all(Array.from({ length: CALLERS }, () => write()));
  }, 60_000);
  afterAll(async () => {
    over.abort();
    for (const client of clients) client.stop();
    await processes?.stopAll();
    await proxy?.close();
    await db?.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('the database refuses connections for a while', async () => {
    await goesOn();
    await proxy.shut();
    await expect.poll(told, SOON).toMatch(/does not answer: check that it runs and can be reached/);
    await pause(AWAY_MS);
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(503);
    await proxy.reopen();
    await goesOn();
    await expect.poll(async () => (await fetch(`${server.url}/health/ready`)).status, SOON).toBe(200);
  });

  it('a replica that is not promoted yet takes no writes', async () => {
    await configure('ALTER SYSTEM SET default_transaction_read_only = on');
    await expect
      .poll(told, SOON)
      .toMatch(/takes no writes, as it is read-only: let DATABASE_URL lead to the primary/);
    await pause(AWAY_MS);
    const before = acknowledged;
    const read = await publisher.ask('{ stream(name: "a") { latest { value } } }');
    expect(read.stream).toBeTruthy();
    await configure('ALTER SYSTEM RESET default_transaction_read_only');
    await expect.poll(() => acknowledged, SOON).toBeGreaterThan(before);
    await goesOn();
  });

  it('every connection is ended, again and again', async () => {
    for (let n = 0; n < 50; n += 1) {
      await db.database.pool.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
      );
      await pause(50);
    }
    await goesOn();
  });

  it('others hold all of its connections', async () => {
    const others: pg.Client[] = [];
    const takeAll = async (): Promise<void> => {
      for (;;) {
        const client = new pg.Client(db.url);
        client.on('error', () => undefined);
        try {
          await client.connect();
          others.push(client);
        } catch {
          return;
        }
      }
    };
    // Whatever the server has is cut off and taken, until nothing is left to it.
    const toldOfIt = async (): Promise<string> => {
      proxy.cut();
      await takeAll();
      return told();
    };
    await expect.poll(toldOfIt, SOON).toMatch(/has no connection to spare: raise its max_connections/);
    await Promise.all(others.map((client) => client.end()));
    await goesOn();
  });

  it('what was acknowledged is there once, everybody has all of it, and nobody was told anything else', async () => {
    over.abort();
    await writing;
    const { rows } = await db.database.pool.query<{
      rows: number;
      times: number;
      head: number;
      last: number;
    }>(
      `SELECT count(*)::int AS rows, count(DISTINCT observed_at)::int AS times, max(position)::int AS last,
            (SELECT position::int FROM log_heads) AS head FROM observations`,
    );
    const [found] = rows;
    expect(found?.times).toBe(found?.rows);
    expect(found?.rows).toBeGreaterThanOrEqual(acknowledged);
    expect(found?.rows).toBeLessThanOrEqual(sent);
    const { rows: chain } = await db.database.pool.query<{ uuid: string }>('SELECT uuid FROM streams');
    const report = await publisher.ask(
      'query ($uuid: ID!) { verifyChain(stream: $uuid) { ok } }',
      chain[0] ?? {},
    );
    expect(report.verifyChain).toEqual({ ok: true });
    const truth = new Truth(db.database);
    await settle(truth, clients, 20_000);
    expect(await verify(truth, clients)).toMatchObject(EXACT);
    expect([...refusals.keys()]).toEqual(['UNAVAILABLE']);
    expect(clients.flatMap((client) => client.refusals)).not.toContain('LOG_TRUNCATED');
  });
});

/** Publishes one after another; the same is sent again until it is acknowledged, as the message asks. */
async function write(): Promise<void> {
  while (!over.signal.aborted) {
    sent += 1;
    const observations = [
      { streamName: 'a', value: String(sent), observedAt: new Date(sent * 1_000).toISOString() },
    ];
    for (;;) {
      try {
        await publisher.ask(PUBLISH, { input: { observations } });
        acknowledged += 1;
        break;
      } catch (error) {
        const [code = '', ...message] = String(error)
          .replace(/^Error: /, '')
          .split(': ');
        refusals.set(code, `${refusals.get(code) ?? ''}${message.join(': ')}\n`);
        if (over.signal.aborted) return;
        await pause(20);
      }
    }
  }
}

async function goesOn(): Promise<void> {
  const before = acknowledged;
  await expect.poll(() => acknowledged, SOON).toBeGreaterThan(before + 2 * CALLERS);
}

/** Changes the database's configuration, which a transaction can't. */
async function configure(statement: string): Promise<void> {
  const client = new pg.Client(db.url);
  await client.connect();
  await client.query(statement);
  await client.query('SELECT pg_reload_conf()');
  await client.end();
}

const told = (): string => refusals.get('UNAVAILABLE') ?? '';
