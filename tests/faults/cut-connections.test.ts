import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EVERYTHING } from '../../schema/filter/form.ts';
import { someClients } from './support/clients.ts';
import { CuttingProxy } from './support/cutting-proxy.ts';
import { someFilters } from './support/filters.ts';
import { faultMs, form, SEED } from './support/form.ts';
import { Random } from './support/random.ts';
import { Recorder } from './support/recorder.ts';
import { Servers } from './support/servers.ts';
import { socketFeed } from './support/socket-feed.ts';
import { Truth } from './support/truth.ts';
import { EXACT, settle, type Verdict, verify } from './support/verify.ts';
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
  // What the cuts cost whoever does not resume, in the same minute.
  const forgetful = Array.from({ length: 10 }, (_, seed) => {
    return new Recorder({ open: socketFeed(proxy.url), filter: EVERYTHING, seed, forgets: true });
  });
  for (const client of [...clients, ...forgetful]) client.connect();
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
  const without = await verify(truth, forgetful);
  for (const client of [...clients, ...forgetful]) client.stop();
  process.stdout.write(
    `${CLIENTS} clients, ${proxy.cuts} cuts, ${writer.writes} writes: ${share(verdict)} of ${verdict.expected} events delivered; ${share(without)} to clients that don't resume\n`,
  );
  expect(verdict).toMatchObject(EXACT);
  expect(without.missing).toBeGreaterThan(0);
  expect(proxy.cuts).toBeGreaterThan(CLIENTS);
  expect(verdict.expected).toBeGreaterThan(CLIENTS * 10);
}, 600_000);

function share({ expected, missing }: Verdict): string {
  return `${((100 * (expected - missing)) / expected).toFixed(2)} %`;
}
