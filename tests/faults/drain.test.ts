import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestClient } from '../../gateway/testing/test-client.ts';
import { someClients } from './support/clients.ts';
import { someFilters } from './support/filters.ts';
import { form, SEED } from './support/form.ts';
import { Random } from './support/random.ts';
import { Servers } from './support/servers.ts';
import { Truth } from './support/truth.ts';
import { EXACT, settle, verify } from './support/verify.ts';
import { Writer } from './support/writer.ts';

const CLIENTS = form(30, 200);
const RESTARTS = form(1, 10);

let servers: Servers;
beforeAll(async () => {
  servers = await Servers.open();
}, 120_000);
afterAll(() => servers?.close());

it(`is exact through ${RESTARTS} announced restarts, of which clients are told`, async () => {
  const server = await servers.start({ PRESAGE_RECONNECT_JITTER_MS: '300' });
  const random = new Random(SEED);
  const writer = await new Writer({ urls: [server.url], seed: SEED, paceMs: 5 }).open();
  const clients = someClients(server.url, CLIENTS, someFilters(writer.uuids, 12, SEED), random);
  for (const client of clients) client.connect();
  for (const client of clients) await expect.poll(() => client.start, { timeout: 20_000 }).toBeDefined();
  const stop = new AbortController();
  const writing = writer.writeUntil(stop.signal);
  for (let restart = 0; restart < RESTARTS; restart += 1) {
    const socket = await new TestClient(`${server.url.replace('http', 'ws')}/graphql`).ready();
    const stream = await fetch(`${server.url}/realtime/sse?topic=observation`);
    const written = writer.writes;
    await expect.poll(() => writer.writes, { timeout: 20_000 }).toBeGreaterThan(written + 20);
    const stopping = server.stop('SIGTERM');
    const { code, reason } = await socket.closed;
    expect(code).toBe(1001);
    expect(Number(/again after (\d+) ms/.exec(reason)?.[1])).toBeLessThanOrEqual(300);
    expect(Number(/\nretry: (\d+)\n\n$/.exec(await stream.text())?.[1])).toBeLessThanOrEqual(300);
    expect(await stopping).toBe(0);
    await server.start();
  }
  stop.abort();
  await writing;
  const truth = new Truth(servers.db.database);
  await settle(truth, clients, 30_000);
  const verdict = await verify(truth, clients);
  for (const client of clients) client.stop();
  expect(verdict).toMatchObject(EXACT);
  expect(verdict.connections).toBeGreaterThanOrEqual(CLIENTS * (1 + RESTARTS));
}, 600_000);
