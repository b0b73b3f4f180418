import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Neuron } from '../neuron.ts';
import {
  loggedObservations,
  quickNeuron,
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

it('reports a full disk, survives it, and goes on where there is space again, with nothing lost', async () => {
  server.log.publish('a', T0, '0');
  neuron = quickNeuron(server.url, dataDir, { maxStoreMb: 0.3 });
  await neuron.ready;
  for (let row = 1; row < 3_000; row += 1) server.log.publish('a', T0 + row, `${row}`);
  await until(() => /SQLITE_FULL/.test(neuron.status().storeTrouble ?? ''), 'a full disk');
  expect(storedObservations(dataDir).length).toBeLessThan(3_000);
  const before = neuron.status().disconnects;
  await until(() => neuron.status().disconnects > before + 2, 'a few more attempts');
  await neuron.stop();
  neuron = quickNeuron(server.url, dataDir);
  await until(() => storedObservations(dataDir).length === 3_000, 'every row');
  expect(storedObservations(dataDir)).toEqual(loggedObservations(server.log));
  const newest = server.log.events.at(-1)?.observation;
  const key = `${newest?.stream.uuid} ${newest?.hash} 1`;
  await until(() => server.predictions.accepted.has(key), 'its prediction');
  expect(neuron.status().storeTrouble).toBeNull();
});

it('reports a file that another program has locked, and goes on when it is let go', async () => {
  server.log.publish('a', T0, '0');
  neuron = quickNeuron(server.url, dataDir);
  await until(() => neuron.status().answers.ACCEPTED === 1, 'the first');
  const other = new Database(join(dataDir, 'neuron.db'));
  other.exec('BEGIN IMMEDIATE');
  server.log.publish('a', T0 + 1, '1');
  await until(() => /SQLITE_BUSY/.test(neuron.status().storeTrouble ?? ''), 'a locked file');
  expect(neuron.status().storeTrouble).toMatch(/Another program has locked/);
  other.exec('COMMIT');
  other.close();
  await until(() => neuron.status().answers.ACCEPTED === 2, 'the second');
  expect(storedObservations(dataDir)).toEqual(loggedObservations(server.log));
  expect(neuron.status().storeTrouble).toBeNull();
});
