import { expect, it } from 'vitest';
import { testGround } from '../testing/test-ground.ts';
import { quickNeuron, rowsOf, until } from '../testing/test-neuron.ts';

const T0 = Date.UTC(2026, 0, 1);
const UNKNOWN = '1c5f0f4e-93f8-4c53-8a53-1f3f3f6d2b22';
const ground = testGround();

const stored = () =>
  rowsOf(ground.dataDir, 'SELECT name FROM streams WHERE stored > 0 AND followed = 1 ORDER BY name');

it('follows by tag and by condition', async () => {
  for (const name of ['a', 'b', 'c']) ground.server.log.publish(name, T0, '1');
  const filters = ['stream.name in a,b'];
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { tags: ['test'], filters });
  await ground.neuron.ready;
  expect(stored()).toEqual([{ name: 'a' }, { name: 'b' }]);
});

it('refuses a uuid that the server knows nothing of, and waits for a name', async () => {
  ground.server.log.publish('a', T0, '1');
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { streams: ['a', 'later'] });
  await ground.neuron.ready;
  ground.server.log.publish('later', T0, '2');
  await until(() => ground.neuron.status().answers.ACCEPTED === 2, 'both predicted');
  await ground.neuron.stop();
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { streams: ['a', UNKNOWN] });
  await expect(ground.neuron.finished).rejects.toMatchObject({ code: 'UNKNOWN_STREAM' });
  expect(ground.neuron.status().lastError).toContain(`no stream of uuid ${UNKNOWN}; presage streams lists`);
});

it('fetches what is known of streams again when that is old', async () => {
  ground.server.log.publish('a', T0, '1');
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { factsMaxAgeMs: 1_000 });
  await ground.neuron.ready;
  const stream = ground.server.log.streams[0];
  if (stream) ground.server.log.streams[0] = { ...stream, description: 'changed' };
  await until(
    () => rowsOf(ground.dataDir, "SELECT * FROM streams WHERE description = 'changed'").length === 1,
    'news',
  );
});
