import { afterEach, expect, it, vi } from 'vitest';
import { testGround } from '../testing/test-ground.ts';
import { quickNeuron, rowsOf, until } from '../testing/test-neuron.ts';

const T0 = Date.UTC(2026, 0, 1);
const ground = testGround();
afterEach(() => {
  vi.restoreAllMocks();
});

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

it('asks stream by stream for what is older than the newest page', async () => {
  for (const name of ['a', 'b', 'c']) ground.server.log.publish(name, T0, '1');
  // The newest of each stream is not scored yet: a page has those of two streams, or two of one.
  ground.server.scorePage = 2;
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, {
    scoresIntervalMs: 5,
    adapters: ['naive'],
  });
  await until(() => ground.neuron.status().answers.ACCEPTED === 3, 'three predictions');
  for (const name of ['a', 'b', 'c']) ground.server.log.publish(name, T0 + 1, '4');
  await until(() => ground.neuron.status().answers.ACCEPTED === 6, 'three more');
  await until(() => JSON.stringify(scores()).match(/"error":"3"/g)?.length === 3, 'three scores');
});

it('gives up after a day what the server never scores, and asks no more', async () => {
  ground.server.log.publish('a', T0, '1');
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, {
    scoresIntervalMs: 5,
    adapters: ['naive'],
  });
  await until(() => ground.neuron.status().answers.ACCEPTED === 1, 'a prediction');
  // Its target came and was taken back.
  ground.server.log.retract(ground.server.log.publish('a', T0 + 1, '4'));
  const givenUp = () =>
    rowsOf(
      ground.dataDir,
      'SELECT id FROM predictions WHERE scored_at IS NOT NULL AND absolute_error IS NULL',
    );
  await until(() => ground.server.scoreQueries > 4, 'a few questions');
  expect(givenUp()).toEqual([]);
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 86_400_000);
  await until(() => givenUp().length > 0, 'the end of that');
});
