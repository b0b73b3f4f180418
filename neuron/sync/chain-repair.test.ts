import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Neuron } from '../neuron.ts';
import {
  loggedObservations,
  quickNeuron,
  rowsOf,
  storedObservations,
  temporaryDirectory,
  until,
} from '../testing/test-neuron.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const T0 = Date.UTC(2026, 0, 1);
let server: TestServer;
let dataDir: string;
let neuron: Neuron;

beforeEach(async () => {
  server = await startTestServer();
  dataDir = temporaryDirectory();
});
afterEach(async () => {
  await neuron.stop();
  await server.stop();
});

function publish(name: string, from: number, rows: number): void {
  for (let row = from; row < from + rows; row += 1) server.log.publish(name, T0 + row, `${row}`);
}

function tamper(sql: string): void {
  const database = new Database(join(dataDir, 'neuron.db'));
  database.exec(sql);
  database.close();
}

it('mends what is wrong here: from the last good row on, the rows are fetched again', async () => {
  publish('a', 0, 20);
  const corrected = server.log.events[3]?.observation;
  if (corrected) server.log.correct(corrected, '33');
  publish('b', 0, 3);
  neuron = quickNeuron(server.url, dataDir);
  await neuron.ready;
  await neuron.stop();
  tamper(`
    UPDATE observations SET value = '999' WHERE stream = 1 AND position = 6;
    DELETE FROM observations WHERE stream = 1 AND position = 9;
    UPDATE streams SET chain_hash = 'nonsense' WHERE id = 1;`);
  neuron = quickNeuron(server.url, dataDir);
  publish('a', 20, 2);
  await until(() => neuron.status().chainRepairs === 1, 'a repair');
  await until(() => storedObservations(dataDir).length === server.log.events.length, 'every row');
  expect(storedObservations(dataDir)).toEqual(loggedObservations(server.log));
  expect(rowsOf(dataDir, 'SELECT value FROM observations WHERE superseded = 1')).toEqual([{ value: '3' }]);
  expect(neuron.status()).toMatchObject({ brokenStreams: 0, chainBreaks: 0 });
  const newest = server.log.events.at(-1)?.observation;
  const key = `${newest?.stream.uuid} ${newest?.hash} 1`;
  await until(() => server.predictions.accepted.has(key), 'a prediction from the newest');
});

it('mends what went wrong on the way', async () => {
  publish('a', 0, 5);
  neuron = quickNeuron(server.url, dataDir);
  await neuron.ready;
  let garbled = false;
  server.onWire = (event) => {
    if (garbled) return event;
    garbled = true;
    return { ...event, observation: { ...event.observation, value: '12345' } };
  };
  publish('a', 5, 2);
  await until(() => neuron.status().chainRepairs === 1, 'a repair');
  await until(() => storedObservations(dataDir).length === 7, 'every row');
  expect(storedObservations(dataDir)).toEqual(loggedObservations(server.log));
});

it('marks what is broken at the server once, and mends again beyond it', async () => {
  publish('a', 0, 3);
  server.log.breakChain('a');
  publish('a', 3, 3);
  neuron = quickNeuron(server.url, dataDir);
  await neuron.ready;
  expect(neuron.status()).toMatchObject({ chainBreaks: 1, chainRepairs: 0, observations: 6 });
  await neuron.stop();
  tamper("UPDATE streams SET chain_hash = 'nonsense' WHERE id = 1");
  neuron = quickNeuron(server.url, dataDir);
  publish('a', 6, 1);
  await until(() => neuron.status().chainRepairs === 1, 'a repair');
  await until(() => storedObservations(dataDir).length === 7, 'every row');
  expect(neuron.status()).toMatchObject({ chainBreaks: 1, brokenStreams: 1 });
});

it('finishes a repair that was cut off', async () => {
  publish('a', 0, 10);
  neuron = quickNeuron(server.url, dataDir);
  await neuron.ready;
  await neuron.stop();
  const fourth = server.log.events[3]?.observation.hash;
  tamper(`
    DELETE FROM observations WHERE position > 4;
    UPDATE streams SET last_position = 4, chain_hash = '${fourth}', stored = 4, repair_until = 10 WHERE id = 1;`);
  neuron = quickNeuron(server.url, dataDir);
  await until(() => storedObservations(dataDir).length === 10, 'every row');
  expect(storedObservations(dataDir)).toEqual(loggedObservations(server.log));
  await until(() => neuron.status().chainRepairs === 1, 'a repair');
});
