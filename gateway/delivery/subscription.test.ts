import { afterEach, beforeEach, expect, it } from 'vitest';
import { CountingBroker } from '../testing/counting-broker.ts';
import { MemoryLog } from '../testing/memory-log.ts';
import { type RunningGateway, runGateway } from '../testing/running-gateway.ts';
import { TestClient } from '../testing/test-client.ts';

const QUERY = 'subscription { observations(ready: true) { type } }';

let log: MemoryLog;
let broker: CountingBroker;
let running: RunningGateway;
let client: TestClient;
beforeEach(async () => {
  log = new MemoryLog();
  broker = new CountingBroker();
  running = await runGateway({}, { log, broker });
  client = await new TestClient(running.url).ready();
});
afterEach(async () => {
  await client.stop();
  await running.stop();
});

it('is released when it ends: with its last subscription nobody watches a tenant any more', async () => {
  for (const id of ['one', 'other']) client.subscribe(id, QUERY);
  await client.until(() => client.of('one').length === 1 && client.of('other').length === 1);
  await expect.poll(() => running.gateway.stats().live).toBe(2);
  client.send({ type: 'complete', id: 'one' });
  await expect.poll(() => running.gateway.stats().subscriptions).toBe(1);
  expect(broker.consumers).toBe(1);
  client.send({ type: 'complete', id: 'other' });
  await expect.poll(() => running.gateway.stats().subscriptions).toBe(0);
  expect([running.gateway.stats().live, broker.consumers]).toEqual([0, 0]);
});

it('is released, too, when it ends before it has begun', async () => {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  log.beforeRead = () => held;
  client.subscribe('s', QUERY);
  await expect.poll(() => broker.consumers).toBe(1);
  client.send({ type: 'complete', id: 's' });
  await expect.poll(() => running.gateway.stats().subscriptions).toBe(0);
  letGo();
  await expect.poll(() => broker.consumers).toBe(0);
  expect(client.of('s')).toEqual([]);
});

it('waits for a live position that is behind its own, and reads nothing meanwhile', async () => {
  client.subscribe('one', QUERY);
  await client.until(() => client.of('one').length === 1);
  await expect.poll(() => running.gateway.stats().live).toBe(1);
  // The broker says nothing of it: the log is ahead of what is live.
  log.put(log.stream(1), 1, '1');
  const asked: string[] = [];
  log.beforeRead = async (what) => {
    asked.push(what);
    // Others have their turn, however often it is asked.
    await new Promise(setImmediate);
  };
  client.subscribe('other', QUERY);
  await expect.poll(() => running.gateway.stats().live).toBe(2);
  await client.until(() => client.of('one').length === 2);
  expect(asked).toEqual(['head', 'read']);
  expect(client.of('other')).toHaveLength(1);
});
