import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { someClients } from './support/clients.ts';
import { CuttingProxy } from './support/cutting-proxy.ts';
import { someFilters } from './support/filters.ts';
import { faultMs, form, SEED } from './support/form.ts';
import { Random } from './support/random.ts';
import { Servers } from './support/servers.ts';
import { Truth } from './support/truth.ts';
import { EXACT, settle, verify } from './support/verify.ts';
import { Writer } from './support/writer.ts';

const CLIENTS = form(60, 300);

let servers: Servers;
let proxy: CuttingProxy;
let url: string;

beforeAll(async () => {
  servers = await Servers.open();
  ({ url } = await servers.start());
  proxy = await CuttingProxy.open(url);
}, 120_000);
afterAll(async () => {
  await proxy?.close();
  await servers?.close();
});

it(`delivers all of it to ${CLIENTS} clients whose connections are cut at random`, async () => {
  const random = new Random(SEED);
  const writer = await new Writer({ urls: [url], seed: SEED, paceMs: 10 }).open();
  const filters = someFilters(writer.uuids, 24, SEED);
  const clients = someClients(proxy.url, CLIENTS, filters, random);
  for (const client of clients) client.connect();
  const over = AbortSignal.timeout(faultMs(8_000));
  const writing = writer.writeUntil(over);
  // Each connection lives for some seconds on average.
  while (!over.aborted) {
    await pause(200);
    proxy.cut(() => random.chance(0.06));
  }
  await writing;

  const truth = new Truth(servers.db.database);
  await settle(truth, clients, 30_000);
  const verdict = await verify(truth, clients);
  for (const client of clients) client.stop();
  const share = (100 * (verdict.expected - verdict.missing)) / verdict.expected;
  process.stdout.write(
    `${CLIENTS} clients, ${proxy.cuts} cuts, ${writer.writes} writes: ${share.toFixed(2)} % of ${verdict.expected} events delivered\n`,
  );
  expect(verdict).toMatchObject(EXACT);
  expect(proxy.cuts).toBeGreaterThan(CLIENTS);
  expect(verdict.expected).toBeGreaterThan(CLIENTS * 10);
}, 600_000);
