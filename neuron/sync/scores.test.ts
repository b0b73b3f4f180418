import { expect, it } from 'vitest';
import { testGround } from '../testing/test-ground.ts';
import { quickNeuron, rowsOf, until } from '../testing/test-neuron.ts';

const T0 = Date.UTC(2026, 0, 1);
const ground = testGround();

const scores = () =>
  rowsOf(
    ground.dataDir,
    'SELECT base_value AS base, absolute_error AS error, naive_error AS naive FROM predictions ORDER BY id',
  );

it('fetches the scores of own predictions when they are due, once, and asks for nothing else', async () => {
  ground.server.log.publish('a', T0, '1');
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, {
    scoresIntervalMs: 5,
    adapters: ['naive'],
  });
  await until(() => ground.neuron.status().answers.ACCEPTED === 1, 'a prediction');
  const before = ground.server.scoreQueries;
  await ground.neuron.stop();
  // Nothing was due as long as it ran: a neuron that waits asks nobody.
  expect(before).toBe(0);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, {
    scoresIntervalMs: 5,
    adapters: ['naive'],
  });
  await ground.neuron.ready;
  ground.server.log.publish('a', T0 + 1, '4');
  await until(() => ground.neuron.status().answers.ACCEPTED === 2, 'another');
  ground.server.log.publish('a', T0 + 2, '6');
  await until(() => ground.neuron.status().answers.ACCEPTED === 3, 'a third');
  await until(() => !JSON.stringify(scores().slice(0, 2)).includes('null'), 'two scores');
  expect(scores()).toEqual([
    { base: '1', error: '3', naive: '3' },
    { base: '4', error: '2', naive: '2' },
    { base: '6', error: null, naive: null },
  ]);
});
