import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { TestClient } from '../../gateway/testing/test-client.ts';
import { encodeCursor } from '../../schema/cursor.ts';
import { EVERYTHING, type Filter } from '../../schema/filter/form.ts';
import { someClients } from './support/clients.ts';
import { CuttingProxy } from './support/cutting-proxy.ts';
import { someFilters } from './support/filters.ts';
import { faultMs, form, SEED } from './support/form.ts';
import { gatewayMetrics } from './support/metrics.ts';
import { Random } from './support/random.ts';
import { Recorder } from './support/recorder.ts';
import { Servers } from './support/servers.ts';
import { socketFeed } from './support/socket-feed.ts';
import { Truth } from './support/truth.ts';
import { EXACT, settle, verify } from './support/verify.ts';
import { Writer } from './support/writer.ts';

const CLIENTS = form(60, 300);
const PATIENCE_MS = 30_000;

let servers: Servers;
let proxy: CuttingProxy;
let url: string;
let writer: Writer;
let filters: readonly Filter[];
let clients: Recorder[] = [];
const random = new Random(SEED);

beforeAll(async () => {
  servers = await Servers.open();
  ({ url } = await servers.start({ PRESAGE_BYTE_BUDGET: '16384' }));
  proxy = await CuttingProxy.open(url);
  writer = await new Writer({ urls: [url], seed: SEED }).open();
  filters = someFilters(writer.uuids, 16, SEED);
}, 120_000);
afterEach(async () => {
  for (const client of clients) client.stop();
  clients = [];
  await expect
    .poll(() => gatewayMetrics(url), { timeout: 10_000 })
    .toMatchObject({ connections: 0, subscriptions: 0, cohorts: 0 });
});
afterAll(async () => {
  await proxy?.close();
  await servers?.close();
});

function connect(count: number): void {
  clients = [...someClients(proxy.url, count, filters, random)];
  for (const client of clients) client.connect();
}

async function started(): Promise<void> {
  for (const client of clients) await expect.poll(() => client.start, { timeout: PATIENCE_MS }).toBeDefined();
}

/** All that was written has come to all, exactly. */
async function expectExact(): Promise<void> {
  const truth = new Truth(servers.db.database);
  await settle(truth, clients, PATIENCE_MS);
  const verdict = await verify(truth, clients);
  expect(verdict).toMatchObject(EXACT);
  expect(verdict.expected).toBeGreaterThan(clients.length);
}

it('is exact through a storm of subscribing while others write', async () => {
  const writing = writer.write(150);
  connect(CLIENTS);
  await writing;
  await started();
  await writer.write(50);
  await expectExact();
});

it('is exact through storms in which all clients resume at once', async () => {
  connect(CLIENTS);
  await started();
  const over = AbortSignal.timeout(faultMs(3_000));
  const writing = writer.writeUntil(over);
  while (!over.aborted) {
    await pause(500);
    proxy.cut();
  }
  await writing;
  await expectExact();
});

it('keeps nothing of clients that disconnect while they subscribe, and serves the others', async () => {
  connect(6);
  await started();
  const writing = writer.write(150);
  const hasty = Array.from({ length: form(100, 1_000) }, async (_, index) => {
    const [client] = someClients(url, 1 + (index % 3), filters, random).slice(-1);
    await pause(random.between(0, 500));
    client?.connect();
    await pause(random.between(0, 30));
    client?.stop();
  });
  await Promise.all([writing, ...hasty]);
  await expectExact();
  await expect.poll(() => gatewayMetrics(url)).toMatchObject({ connections: 6, subscriptions: 6 });
});

it('feeds a slow client from the log at its own pace, and holds no other up', async () => {
  const meta = 'x'.repeat(9_000);
  const heavy = {
    open: socketFeed(proxy.url, 'observation { stream { meta description } }'),
    filter: EVERYTHING,
  };
  clients = [0, 1].map((seed) => new Recorder({ ...heavy, seed }));
  const slow = clients[0]?.connect();
  await expect.poll(() => slow?.start).toBeDefined();
  proxy.stall();
  clients[1]?.connect();
  clients.push(new Recorder({ open: socketFeed(url), filter: EVERYTHING, seed: 2 }).connect());
  await started();
  await writer.writeWide(1_200, meta);
  const truth = new Truth(servers.db.database);
  await settle(truth, clients.slice(1), PATIENCE_MS);
  expect(await verify(truth, clients.slice(1))).toMatchObject(EXACT);
  expect(await gatewayMetrics(url)).toMatchObject({ lagging: 1 });
  expect(slow?.connections).toBe(1);
  proxy.flow();
  await expectExact();
  expect(slow?.connections).toBe(1);
});

it('blames no client for a pause of its own', async () => {
  const server = await servers.start({ PRESAGE_STALLED_AFTER_MS: '400', PRESAGE_PING_INTERVAL_MS: '100' });
  clients = [...someClients(server.url, 12, filters, random)];
  for (const client of clients) client.connect();
  await started();
  const { pid = 0 } = server.presage;
  process.kill(pid, 'SIGSTOP');
  // What a suspended machine, or a hypervisor that was busy elsewhere, does to it.
  await pause(1_500);
  process.kill(pid, 'SIGCONT');
  await writer.write(50);
  await expectExact();
  expect(clients.map(({ connections }) => connections)).toEqual(clients.map(() => 1));
  await server.stop();
});

it('serves a cursor as old as the log, and says of nonsense that it is none', async () => {
  await writer.write(20);
  const after = (cursor: string) =>
    new Recorder({ open: socketFeed(url), filter: EVERYTHING, seed: 1, after: cursor });
  clients = [after(encodeCursor('default', 0)).connect()];
  await expectExact();
  const far = new Recorder({
    ...{ open: socketFeed(url), filter: EVERYTHING, seed: 1 },
    after: encodeCursor('default', 1e9),
  });
  far.connect();
  await expect.poll(() => far.refusals).toEqual(['BAD_CURSOR']);
  const client = await new TestClient(`${url.replace('http', 'ws')}/graphql`).ready();
  for (const [id, cursor] of [
    '',
    'nonsense',
    '💥',
    encodeCursor('other', 1),
    encodeCursor('default', -1),
    'x'.repeat(10_000),
  ].entries()) {
    client.subscribe(String(id), 'subscription ($after: Cursor) { observations(after: $after) { type } }', {
      after: cursor,
    });
    await client.until(() => client.of(String(id)).length > 0);
    expect(client.of(String(id))).toMatchObject([
      { type: 'error', payload: [{ extensions: { code: 'BAD_CURSOR' } }] },
    ]);
  }
  await client.stop();
});

it('goes on for one of two subscriptions to the same when the other is ended', async () => {
  const client = await new TestClient(`${url.replace('http', 'ws')}/graphql`).ready();
  const query = 'subscription { observations(ready: true) { type cursor } }';
  for (const id of ['one', 'two']) client.subscribe(id, query);
  await client.until(() => client.of('one').length > 0 && client.of('two').length > 0);
  await writer.write(5);
  client.send({ type: 'complete', id: 'one' });
  clients = [new Recorder({ open: socketFeed(url), filter: EVERYTHING, seed: 1 }).connect()];
  await started();
  await expect.poll(() => gatewayMetrics(url)).toMatchObject({ subscriptions: 2 });
  const before = client.of('one').length;
  await writer.write(20);
  await expectExact();
  const tail = clients[0]?.seen.length ?? 0;
  const last = encodeCursor('default', clients[0]?.position ?? 0);
  await client.until(() => JSON.stringify(client.of('two').at(-1)).includes(last));
  expect(client.of('two').length).toBeGreaterThan(tail);
  expect(client.of('one').length).toBe(before);
  await client.stop();
});
