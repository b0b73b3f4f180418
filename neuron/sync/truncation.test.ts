import { expect, it } from 'vitest';
import { testGround } from '../testing/test-ground.ts';
import {
  loggedObservations,
  quickNeuron,
  rowsOf,
  storedObservations,
  until,
} from '../testing/test-neuron.ts';

const T0 = Date.UTC(2026, 0, 1);
const ground = testGround();

/** Publishes row by row, each once the neuron's prediction from the one before was taken. */
async function publish(
  name: string,
  rows: readonly (readonly [row: number, value: string])[],
): Promise<void> {
  for (const [row, value] of rows) {
    const { hash } = ground.server.log.publish(name, T0 + row, value);
    const taken = () => [...ground.server.predictions.accepted.keys()].some((key) => key.includes(hash));
    await until(taken, `a prediction from ${hash}`);
  }
}

const isEmpty = () => ground.neuron.status().outbox === 0;

it('takes back what a server has lost, and what it predicted for what is open again is sent again', async () => {
  const { server } = ground;
  ground.neuron = quickNeuron(server.url, ground.dataDir, { adapters: ['naive'] });
  await publish('a', [
    [0, '1'],
    [1, '2'],
  ]);
  await publish('b', [[0, '10']]);
  const kept = server.log.head;
  await publish('a', [
    [2, '3'],
    [3, '4'],
  ]);
  await publish('c', [[0, '100']]);
  await until(isEmpty, 'nothing left to send');

  server.log.goBack(kept);
  server.predictions.goBack(2);
  server.cut();
  // More than there was before, so that no position tells that something is missing.
  await publish('a', [
    [2, '3'],
    [3, '5'],
    [4, '6'],
    [5, '7'],
    [6, '8'],
  ]);
  await until(() => storedObservations(ground.dataDir).length === server.log.events.length, 'all of the log');
  expect(storedObservations(ground.dataDir)).toEqual(loggedObservations(server.log));
  expect(rowsOf(ground.dataDir, 'SELECT sum(chain_breaks) AS breaks FROM streams')).toEqual([{ breaks: 0 }]);
  expect(rowsOf(ground.dataDir, "SELECT sum(stored) AS stored FROM streams WHERE name = 'c'")).toEqual([
    { stored: 0 },
  ]);
  await until(isEmpty, 'nothing left to send again');
  // That from the last row of `b`, which the server had lost though the row was kept.
  expect(
    [...server.predictions.accepted.keys()].filter((key) => key.startsWith(server.log.stream('b').uuid)),
  ).toHaveLength(1);
});

it('sends again what only the server has lost, and nothing while it has all', async () => {
  const { server } = ground;
  ground.neuron = quickNeuron(server.url, ground.dataDir, { adapters: ['naive'] });
  await publish('a', [[0, '1']]);
  await until(isEmpty, 'nothing left to send');
  const calls = server.predictions.calls.length;
  const connected = server.subscriptions;
  server.cut();
  await until(() => server.subscriptions > connected, 'another connection');
  await publish('a', [[1, '2']]);
  await until(isEmpty, 'nothing left to send');
  expect(server.predictions.calls.length).toBe(calls + 1);
  server.predictions.goBack(1);
  expect(server.predictions.accepted.size).toBe(1);
  server.cut();
  await until(() => server.predictions.accepted.size === 2, 'the lost one');
});
