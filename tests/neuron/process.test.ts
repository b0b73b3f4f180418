import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { NeuronState } from '../../cli/neuron/read-reports.ts';
import { runCli } from '../../cli/testing/run-cli.ts';
import { loggedObservations, rowsOf, storedObservations, until } from '../../neuron/testing/test-neuron.ts';
import { startTestServer, type TestServer } from '../../neuron/testing/test-server.ts';
import { freePort, Presage } from '../support/presage.ts';

/** A neuron that runs as users run it, killed while it works, and looked at from outside. */
const T0 = Date.UTC(2026, 0, 1);
const STREAMS = 6;
let directory: string;
let dataDir: string;
let server: TestServer;
let neuron: Presage;
let uiPort: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'presage-neuron-'));
  dataDir = join(directory, 'neuron');
  server = await startTestServer();
  uiPort = await freePort();
  const place = ['--server', server.url, '--neuron-data-dir', dataDir, '--ui-port', String(uiPort)];
  neuron = new Presage(['neuron', ...place, '--train-interval', '0', '--data-dir', directory]);
});
afterEach(async () => {
  await neuron.stop('SIGKILL');
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

function publish(from: number, rows: number): void {
  for (let row = from; row < from + rows; row += 1) {
    for (let stream = 0; stream < STREAMS; stream += 1) {
      const value = 50 + 10 * Math.sin((row * Math.PI) / 12) + ((row * 7 + stream) % 5);
      server.log.publish(`s${stream}`, T0 + row * 3_600_000, String(Math.round(value * 100) / 100));
    }
  }
}

const models = () => (existsSync(join(dataDir, 'models')) ? readdirSync(join(dataDir, 'models')) : []);
const run = (...args: string[]) => runCli(args, { cwd: directory });
const status = async (): Promise<NeuronState> => {
  const { stdout, stderr } = await run(
    ...['neuron', 'status', '--neuron-data-dir', dataDir, '--ui-port', String(uiPort), '--json'],
  );
  expect(stderr).toBe('');
  return JSON.parse(stdout);
};

it('survives kills while it trains and while it submits: nothing lost, nothing sent twice, no model half written', async () => {
  publish(0, 150);
  for (let kill = 0; kill < 4; kill += 1) {
    const submitted = server.predictions.calls.length;
    const trained = models().length;
    let now = () => {};
    const moment = new Promise<void>((resolve) => {
      now = resolve;
    });
    // Every other time with the predictions taken and the answer not yet given.
    if (kill % 2 === 0) server.onSubmitted = () => new Promise(() => now());
    await neuron.start('The neuron is up');
    publish(150 + kill, 1);
    if (kill % 2 === 0) await moment;
    else
      await until(
        () => models().length > trained || server.predictions.calls.length > submitted + 1,
        'work',
        30_000,
      );
    await neuron.stop('SIGKILL');
    server.onSubmitted = () => undefined;
  }
  await neuron.start('The neuron is up');
  publish(160, 1);
  const newest = server.log.events.slice(-STREAMS).map(({ observation }) => observation);
  const missing = () =>
    newest.filter(({ stream, hash }) => !server.predictions.accepted.has(`${stream.uuid} ${hash} 1`));
  await until(() => missing().length === 0, 'a prediction from the newest of each stream', 30_000);
  await until(() => rowsOf(dataDir, 'SELECT * FROM outbox').length === 0, 'an empty outbox', 10_000);
  expect(storedObservations(dataDir)).toEqual(loggedObservations(server.log));
  expect(server.predictions.changed).toBe(0);
  await until(() => models().filter((name) => name.endsWith('.model')).length > 0, 'a model', 60_000);
  expect(models().filter((name) => name.endsWith('.bad'))).toEqual([]);
});

it('is told about by status, whether it runs or not', async () => {
  publish(0, 120);
  await neuron.start('The neuron is up');
  await until(() => server.predictions.accepted.size >= STREAMS, 'predictions', 30_000);
  await until(() => models().some((name) => name.endsWith('.model')), 'a model', 60_000);
  const running = await status();
  expect(running.neuron).toMatchObject({
    running: true,
    dataDir,
    neuron: { phase: 'live', streams: STREAMS },
  });
  expect(running.neuron.metrics?.eventLoop.overMs).toBeGreaterThan(0);
  expect(running.streams).toHaveLength(STREAMS);
  expect(running.streams[0]).toMatchObject({ name: 's0', observations: 120, training: { failures: 0 } });
  const elsewhere = await run('neuron', 'status', '--neuron-data-dir', dataDir, '--ui-port', '1', 's1');
  expect(elsewhere.stdout).toMatch(/^neuron {4}running, but it does not answer at 127\.0\.0\.1:1; /);
  expect(elsewhere.stdout).toMatch(/TRAINING\ns1 .*\n$/);
  const unknown = await run('neuron', 'status', '--neuron-data-dir', dataDir, '--ui-port', '1', 'nosuch');
  expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/follows no stream "nosuch"/) });
  const busy = await run('neuron', 'import', 'engine.db', '--neuron-data-dir', dataDir);
  expect(busy).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/Another neuron is running/) });
  expect(await neuron.stop()).toBe(0);
  const stopped = await status();
  expect(stopped.neuron).toMatchObject({ running: false, neuron: null, outbox: { waiting: 0 } });
  expect(stopped.streams.map(({ name }) => name)).toEqual(running.streams.map(({ name }) => name));
  expect(stopped.streams.some(({ trainedAt }) => trainedAt !== null)).toBe(true);
  const { stdout } = await run('neuron', 'status', '--neuron-data-dir', dataDir);
  expect(stdout).toMatch(/^neuron {4}not running/);
  expect(stdout).toMatch(/\nSTREAM +LAST +AGE +PREDICTION +ADAPTER +SKILL +BACKTEST +TRAINING\n/);
});

it("takes over another neuron's file, and says what it did with each table", async () => {
  const uuid = '9b2d7c1e-4f7a-4a52-9a39-0c7f5a1f0d11';
  const file = join(directory, 'engine.db');
  const source = new Database(file);
  source.exec(`
    CREATE TABLE "${uuid}" (ts TEXT, value TEXT, hash TEXT, provider TEXT);
    INSERT INTO "${uuid}" VALUES ('2024-01-03 12:00:00', '1.5', 'a', 'p'), ('2024-01-03 13:00:00', '2.5', 'b', 'p');
    CREATE TABLE other (x);`);
  source.close();
  const first = await run('neuron', 'import', file, '--neuron-data-dir', dataDir);
  expect(first).toMatchObject({ exitCode: 0, stderr: '' });
  expect(first.stdout).toMatch(/9b2d7c1e\S+ +- +imported +2 +2 +0 +0 +0\n/);
  expect(first.stdout).toMatch(/other +- +left out .*it is not named by a uuid/);
  const second = await run('neuron', 'import', file, '--neuron-data-dir', dataDir, '--json');
  expect(JSON.parse(second.stdout.split('\n')[0] ?? '')).toMatchObject({ added: 0, present: 2 });
  expect(rowsOf(dataDir, 'SELECT ts, value FROM imported_rows ORDER BY ts')).toEqual([
    { ts: '2024-01-03 12:00:00', value: '1.5' },
    { ts: '2024-01-03 13:00:00', value: '2.5' },
  ]);
  const none = await run('neuron', 'import', 'nothing.db', '--neuron-data-dir', dataDir);
  expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/There is no file "nothing.db"/) });
});
