import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { NeuronReport, StreamReport } from '../dashboard/reports.ts';
import { testGround } from '../testing/test-ground.ts';
import {
  leftByKill,
  loggedObservations,
  quickNeuron,
  rowsOf,
  storedObservations,
  until,
} from '../testing/test-neuron.ts';
import { startTestServer } from '../testing/test-server.ts';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 0, 1);
const ground = testGround();

/** A clean season of six rows: the naive forecast is bad at it. */
function publish(name: string, from: number, rows: number): void {
  for (let row = from; row < from + rows; row += 1)
    ground.server.log.publish(name, T0 + row * HOUR, `${100 + 10 * (row % 6)}`);
}

const options = { uiPort: 0, adapters: ['naive', 'seasonal-naive'] as ('naive' | 'seasonal-naive')[] };
const models = () =>
  existsSync(join(ground.dataDir, 'models')) ? readdirSync(join(ground.dataDir, 'models')) : [];

it('trains what it follows, uses and keeps the models, and has them again at the next start', async () => {
  publish('a', 0, 80);
  publish('b', 0, 80);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, options);
  await until(() => models().filter((name) => name.endsWith('.model')).length === 2, 'two models', 60_000);
  await ground.neuron.stop();
  const before = models().map((name) => readFileSync(join(ground.dataDir, 'models', name), 'utf8'));
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, options);
  await ground.neuron.ready;
  publish('a', 80, 1);
  const last = ground.server.log.events.at(-1)?.observation;
  const key = `${last?.stream.uuid} ${last?.hash} 1`;
  await until(() => ground.server.predictions.accepted.has(key), 'a prediction');
  expect(Number(ground.server.predictions.accepted.get(key)?.value)).toBeCloseTo(130, 6);
  expect(models().map((name) => readFileSync(join(ground.dataDir, 'models', name), 'utf8'))).toEqual(before);
});

it('trains anew where a stored model was damaged, and sets that aside', async () => {
  publish('a', 0, 80);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, options);
  await until(() => models().some((name) => name.endsWith('.model')), 'a model', 60_000);
  await ground.neuron.stop();
  const [name = ''] = models();
  const file = join(ground.dataDir, 'models', name);
  writeFileSync(file, readFileSync(file, 'utf8').replace('"members"', '"nembers"'));
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, options);
  await until(
    () => models().includes(`${name}.bad`) && models().includes(name),
    'a new model beside the bad one',
    60_000,
  );
});

it('forecasts after a kill as before: by the same weights, with what the server made of its predictions', async () => {
  publish('a', 0, 80);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { ...options, scoresIntervalMs: 5 });
  await until(() => models().length === 1, 'a model', 60_000);
  const predicted = async (row: number) => {
    publish('a', row, 1);
    const { stream, hash, value } = ground.server.log.events.at(-1)?.observation ?? {};
    const key = `${stream?.uuid} ${hash} 1`;
    await until(() => ground.server.predictions.accepted.has(key), 'a prediction');
    return { value: Number(value), said: Number(ground.server.predictions.accepted.get(key)?.value) };
  };
  // Whatever it says, the server scores it worse than naive, as where values are corrected later.
  ground.server.predictions.scoreAs = () => ({ absoluteError: '3', naiveError: '1' });
  expect((await predicted(80)).said).toBeCloseTo(130, 6);
  for (let row = 81; row < 95; row += 1) await predicted(row);
  const scored = () =>
    rowsOf(ground.dataDir, 'SELECT * FROM predictions WHERE absolute_error IS NOT NULL').length;
  await until(() => scored() >= 12, 'twelve scores');
  const before = await predicted(95);
  expect(before.said).toBe(before.value);
  const left = leftByKill(ground.dataDir);
  await ground.neuron.stop();
  ground.dataDir = left;
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, {
    ...options,
    scoresIntervalMs: 86_400_000,
  });
  await ground.neuron.ready;
  const after = await predicted(96);
  expect(after.said).toBe(after.value);
  const newest = 'SELECT adapter FROM predictions ORDER BY id DESC LIMIT 1';
  expect(rowsOf(ground.dataDir, newest)).toEqual([{ adapter: 'naive' }]);
  expect(ground.server.predictions.changed).toBe(0);
});

it('predicts a history again from where it ends, as soon as the first training is over', async () => {
  publish('a', 0, 60);
  const uiPort = 24_500 + (process.pid % 500);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { ...options, uiPort });
  const { predictions, log } = ground.server;
  const last = log.events.at(-1)?.observation;
  const said = () => predictions.accepted.get(`${last?.stream.uuid} ${last?.hash} 1`)?.value;
  await until(() => predictions.revised === 1, 'a prediction by the first model', 60_000);
  expect(said()).not.toBe(last?.value);
  await until(() => ground.neuron.status().outbox === 0, 'an empty outbox');
  const made = 'SELECT revision, answer, adapter FROM predictions ORDER BY id';
  expect(rowsOf(ground.dataDir, made)).toMatchObject([
    { revision: 0, answer: 'ACCEPTED' },
    { revision: 1, answer: 'ACCEPTED', adapter: 'seasonal-naive' },
  ]);
  expect(predictions.changed).toBe(0);
  const report = await fetch(`http://127.0.0.1:${await ground.neuron.uiPort}/api/streams`);
  expect(await report.json()).toMatchObject({
    streams: [{ adapter: 'seasonal-naive', predictions: [{ horizon: 1, value: said() }] }],
  });
});

it('goes on training while the server is away, and catches up exactly', async () => {
  publish('a', 0, 40);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { ...options, trainIntervalMs: 3_600_000 });
  await until(() => models().length === 1, 'a model', 60_000);
  const { port, log } = ground.server;
  // The outage begins with a prediction that was not answered: its target comes while the server is away.
  ground.server.predictions.refuseCallWith = () => 'UNAVAILABLE';
  publish('a', 40, 1);
  await until(() => ground.neuron.status().outbox === 1, 'a prediction that waits');
  await ground.neuron.stop();
  const file = join(ground.dataDir, 'models', models()[0] ?? '');
  writeFileSync(file, 'damaged');
  await ground.server.stop();
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, options);
  await until(() => models().length === 2, 'a model from what is stored', 60_000);
  expect(ground.neuron.status().phase).toBe('connecting');
  ground.server = await startTestServer(port, log);
  publish('a', 41, 29);
  await ground.neuron.ready;
  const last = log.events.at(-1)?.observation;
  await until(
    () => ground.server.predictions.accepted.has(`${last?.stream.uuid} ${last?.hash} 1`),
    'caught up',
  );
  expect(storedObservations(ground.dataDir)).toEqual(loggedObservations(log));
  // What waited has its answer or was dropped, as the one or the other came first.
  await until(() => ground.neuron.status().outbox === 0, 'an empty outbox');
  expect(ground.server.predictions.changed).toBe(0);
});

it('tells its state to this machine only', async () => {
  publish('a', 0, 60);
  // A model of naive alone says what was said before: nothing is predicted again.
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, {
    adapters: ['naive'],
    uiPort: 24_000 + (process.pid % 500),
  });
  const port = await ground.neuron.uiPort;
  await until(() => ground.neuron.status().answers.ACCEPTED === 1, 'a prediction');
  const get = async <T>(path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    return { status: response.status, body: (await response.json()) as T };
  };
  const { body: state } = await get<NeuronReport>('/api/state');
  expect(state).toMatchObject({
    version: 1,
    running: true,
    dataDir: ground.dataDir,
    outbox: { waiting: 0, answers: { ACCEPTED: 1 } },
  });
  expect(state.metrics?.eventLoop.maxMs).toBeGreaterThanOrEqual(0);
  await until(() => models().length === 1, 'a model', 60_000);
  const { body } = await get<{ streams: StreamReport[] }>('/api/streams');
  expect(body.streams[0]).toMatchObject({
    ...{
      name: 'a',
      observations: 60,
      last: { value: '150' },
      predictions: [{ horizon: 1, answer: 'ACCEPTED' }],
    },
    training: { failures: 0 },
  });
  publish('a', 60, 1);
  await until(() => ground.neuron.status().answers.ACCEPTED === 2, 'another');
  const { body: one } = await get<{ predictions: { actual: string; error: number; naiveError: number }[] }>(
    '/api/streams/a?limit=5',
  );
  expect(one.predictions[0]).toMatchObject({ actual: '100', naiveError: 50 });
  expect((await get('/api/streams/nothing')).status).toBe(404);
  expect((await get('/api/streams/a?limit=0')).status).toBe(400);
  expect((await get('/api/training')).body).toMatchObject({ pool: { threads: 2 } });
  expect((await get('/api/outbox')).body).toMatchObject({ waiting: 0 });
});
