import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EventSource } from 'eventsource';
import { createClient } from 'graphql-sse';
import { expect, it } from 'vitest';
import { type RunningGateway, runGateway } from '../../gateway/testing/running-gateway.ts';
import { TestClient } from '../../gateway/testing/test-client.ts';
import { form } from './support/form.ts';

const ROUNDS = form(9, 60);
/** Rounds after which caches are as full as they get. */
const WARM_UP = 4;
const CLIENTS = 60;
/** Growth a round, in bytes: the clients' own side and compiled code are in it; connections kept would be 500 KB. */
const TOLERANCE = 150_000;
const QUERY = 'subscription { observations(ready: true) { type cursor observation { value } } }';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

it(`keeps nothing of clients that have left, in ${ROUNDS} rounds of ${CLIENTS}`, async () => {
  const running = await runGateway();
  const heaps: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await comeAndGo(running, round);
    await expect
      .poll(() => running.gateway.stats())
      .toMatchObject({ connections: 0, subscriptions: 0, live: 0, lagging: 0, cohorts: 0, bytesBuffered: 0 });
    heaps.push(await restingHeap());
  }
  const [first = 0, last = 0] = [heaps[WARM_UP], heaps.at(-1)];
  expect((last - first) / (ROUNDS - 1 - WARM_UP)).toBeLessThan(TOLERANCE);
  expect(running.gateway.peers()).toEqual([]);
  await running.stop();
  // What is left of the gateway itself hears of nothing any more.
  running.broker.publish('main', running.log.entries);
  expect(running.gateway.stats()).toMatchObject({ connections: 0, subscriptions: 0, cohorts: 0 });
}, 600_000);

/** Clients of every transport subscribe, get an event, and leave: some politely, some not. */
async function comeAndGo({ url, gateway, broker, log }: RunningGateway, round: number): Promise<void> {
  const http = url.replace('ws:', 'http:').replace('/graphql', '');
  const sockets = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, index) => {
      const client = await new TestClient(url).ready({ accessToken: `peer ${round} ${index}` });
      client.subscribe('1', QUERY);
      client.subscribe('2', QUERY);
      return client;
    }),
  );
  const sources = Array.from({ length: CLIENTS / 4 }, () => new EventSource(`${http}/realtime/sse`));
  const streams = Array.from({ length: CLIENTS / 4 }, () =>
    createClient({ url: `${http}/graphql/stream`, retryAttempts: 0 }).subscribe(
      { query: QUERY },
      { next: () => undefined, error: () => undefined, complete: () => undefined },
    ),
  );
  const subscriptions = 2 * CLIENTS + sources.length + streams.length;
  await expect.poll(() => gateway.stats().live, { timeout: 10_000 }).toBe(subscriptions);
  const before = gateway.stats().frames;
  broker.publish('main', [log.put(log.stream(1), round, String(round))]);
  await expect.poll(() => gateway.stats().frames).toBe(before + subscriptions);
  for (const source of sources) source.close();
  for (const stop of streams) stop();
  await Promise.all(
    sockets.map(async (client, index) => {
      if (index % 3 === 0) client.send({ type: 'complete', id: '1' });
      if (index % 2 === 0) client.socket.close(1000);
      else client.socket.terminate();
      await client.closed;
    }),
  );
}

/** The least of several readings after collecting: what is on its way out counts for nothing. */
async function restingHeap(): Promise<number> {
  const readings: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
    readings.push(process.memoryUsage().heapUsed);
  }
  return Math.min(...readings);
}
