import { join } from 'node:path';
import Database from 'better-sqlite3';
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

function publish(name: string, from: number, rows: number): void {
  for (let row = from; row < from + rows; row += 1) ground.server.log.publish(name, T0 + row, `${row}`);
}

function tamper(sql: string): void {
  const database = new Database(join(ground.dataDir, 'neuron.db'));
  database.exec(sql);
  database.close();
}

it('mends what is wrong here: from the last good row on, the rows are fetched again', async () => {
  publish('a', 0, 20);
  const corrected = ground.server.log.events[3]?.observation;
  if (corrected) ground.server.log.correct(corrected, '33');
  publish('b', 0, 3);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
  await ground.neuron.ready;
  await ground.neuron.stop();
  tamper(`
    UPDATE observations SET value = '999' WHERE stream = 1 AND position = 6;
    DELETE FROM observations WHERE stream = 1 AND position = 9;
    UPDATE streams SET chain_hash = 'nonsense' WHERE id = 1;`);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
  publish('a', 20, 2);
  await until(() => ground.neuron.status().chainRepairs === 1, 'a repair');
  await until(
    () => storedObservations(ground.dataDir).length === ground.server.log.events.length,
    'every row',
  );
  expect(storedObservations(ground.dataDir)).toEqual(loggedObservations(ground.server.log));
  expect(rowsOf(ground.dataDir, 'SELECT value FROM observations WHERE superseded = 1')).toEqual([
    { value: '3' },
  ]);
  expect(ground.neuron.status()).toMatchObject({ brokenStreams: 0, chainBreaks: 0 });
  const newest = ground.server.log.events.at(-1)?.observation;
  const key = `${newest?.stream.uuid} ${newest?.hash} 1`;
  await until(() => ground.server.predictions.accepted.has(key), 'a prediction from the newest');
});

it('mends what went wrong on the way', async () => {
  publish('a', 0, 5);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
  await ground.neuron.ready;
  let garbled = false;
  ground.server.onWire = (event) => {
    if (garbled) return event;
    garbled = true;
    return { ...event, observation: { ...event.observation, value: '12345' } };
  };
  publish('a', 5, 2);
  await until(() => ground.neuron.status().chainRepairs === 1, 'a repair');
  await until(() => storedObservations(ground.dataDir).length === 7, 'every row');
  expect(storedObservations(ground.dataDir)).toEqual(loggedObservations(ground.server.log));
});

it('marks what is broken at the server once, and mends again beyond it', async () => {
  publish('a', 0, 3);
  ground.server.log.breakChain('a');
  publish('a', 3, 3);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
  await ground.neuron.ready;
  expect(ground.neuron.status()).toMatchObject({ chainBreaks: 1, chainRepairs: 0, observations: 6 });
  await ground.neuron.stop();
  tamper("UPDATE streams SET chain_hash = 'nonsense' WHERE id = 1");
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
  publish('a', 6, 1);
  await until(() => ground.neuron.status().chainRepairs === 1, 'a repair');
  await until(() => storedObservations(ground.dataDir).length === 7, 'every row');
  expect(ground.neuron.status()).toMatchObject({ chainBreaks: 1, brokenStreams: 1 });
});

it('finishes a repair that was cut off', async () => {
  publish('a', 0, 10);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
  await ground.neuron.ready;
  await ground.neuron.stop();
  const fourth = ground.server.log.events[3]?.observation.hash;
  tamper(`
    DELETE FROM observations WHERE position > 4;
    UPDATE streams SET last_position = 4, chain_hash = '${fourth}', stored = 4, repair_until = 10 WHERE id = 1;`);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
  await until(() => storedObservations(ground.dataDir).length === 10, 'every row');
  expect(storedObservations(ground.dataDir)).toEqual(loggedObservations(ground.server.log));
  await until(() => ground.neuron.status().chainRepairs === 1, 'a repair');
});
