import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Neuron } from '../neuron.ts';
import { quickNeuron, rowsOf, temporaryDirectory, until } from '../testing/test-neuron.ts';
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

const scores = () =>
  rowsOf(
    dataDir,
    'SELECT base_value AS base, absolute_error AS error, naive_error AS naive FROM predictions ORDER BY id',
  );

it('fetches the scores of own predictions when they are due, once, and asks for nothing else', async () => {
  server.log.publish('a', T0, '1');
  neuron = quickNeuron(server.url, dataDir, { scoresIntervalMs: 5, adapters: ['naive'] });
  await until(() => neuron.status().answers.ACCEPTED === 1, 'a prediction');
  const before = server.scoreQueries;
  await neuron.stop();
  // Nothing was due as long as it ran: a neuron that waits asks nobody.
  expect(before).toBe(0);
  neuron = quickNeuron(server.url, dataDir, { scoresIntervalMs: 5, adapters: ['naive'] });
  await neuron.ready;
  server.log.publish('a', T0 + 1, '4');
  await until(() => neuron.status().answers.ACCEPTED === 2, 'another');
  server.log.publish('a', T0 + 2, '6');
  await until(() => neuron.status().answers.ACCEPTED === 3, 'a third');
  await until(() => !JSON.stringify(scores().slice(0, 2)).includes('null'), 'two scores');
  expect(scores()).toEqual([
    { base: '1', error: '3', naive: '3' },
    { base: '4', error: '2', naive: '2' },
    { base: '6', error: null, naive: null },
  ]);
});
