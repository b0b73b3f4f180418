import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Neuron } from '../neuron.ts';
import { quickNeuron, rowsOf, temporaryDirectory, until } from '../testing/test-neuron.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const T0 = Date.UTC(2026, 0, 1);
const UNKNOWN = '1c5f0f4e-93f8-4c53-8a53-1f3f3f6d2b22';
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

const stored = () =>
  rowsOf(dataDir, 'SELECT name FROM streams WHERE stored > 0 AND followed = 1 ORDER BY name');

it('follows by tag and by condition', async () => {
  for (const name of ['a', 'b', 'c']) server.log.publish(name, T0, '1');
  const filters = ['stream.name in a,b'];
  neuron = quickNeuron(server.url, dataDir, { tags: ['test'], filters });
  await neuron.ready;
  expect(stored()).toEqual([{ name: 'a' }, { name: 'b' }]);
});

it('refuses a uuid that the server knows nothing of, and waits for a name', async () => {
  server.log.publish('a', T0, '1');
  neuron = quickNeuron(server.url, dataDir, { streams: ['a', 'later'] });
  await neuron.ready;
  server.log.publish('later', T0, '2');
  await until(() => neuron.status().answers.ACCEPTED === 2, 'both predicted');
  await neuron.stop();
  neuron = quickNeuron(server.url, dataDir, { streams: ['a', UNKNOWN] });
  await expect(neuron.finished).rejects.toMatchObject({ code: 'UNKNOWN_STREAM' });
  expect(neuron.status().lastError).toContain(`no stream of uuid ${UNKNOWN}; presage streams lists`);
});

it('fetches what is known of streams again when that is old', async () => {
  server.log.publish('a', T0, '1');
  neuron = quickNeuron(server.url, dataDir, { factsMaxAgeMs: 1_000 });
  await neuron.ready;
  const stream = server.log.streams[0];
  if (stream) server.log.streams[0] = { ...stream, description: 'changed' };
  await until(
    () => rowsOf(dataDir, "SELECT * FROM streams WHERE description = 'changed'").length === 1,
    'news',
  );
});
