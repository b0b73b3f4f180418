import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import SQLite from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../server/storage/database.ts';
import { startEmbeddedPostgres } from '../../server/storage/embedded-postgres.ts';
import { LOG_POSITIONS } from '../support/log-positions.ts';
import { freePort, Presage } from '../support/presage.ts';
import { Publisher } from '../support/publisher.ts';
import { form } from './support/form.ts';

const KILLS = form(20, 40);
const STREAMS = 5;
const PUBLISH = `mutation ($input: PublishObservationsInput!) {
  publishObservations(input: $input) { successful duplicates failed observationIds } }`;
/** The consensus predicts too, and revises as it must: this is about the neuron. */
const NEURONS =
  "FROM predictions p JOIN peers e ON e.id = p.peer_id WHERE e.name IS DISTINCT FROM 'consensus'";
const quiet = { info: () => undefined, warn: () => undefined };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'presage-kill-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it(`loses and doubles nothing while server and neuron are killed ${KILLS} times under load`, async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = new Presage(['serve', '--port', String(port), '--data-dir', directory, '--collect', 'none']);
  const neuronDirectory = join(directory, 'neuron');
  const neuron = new Presage(['neuron', '--server', url, '--neuron-data-dir', neuronDirectory]);
  await server.start('Presage is ready');
  await neuron.start('The neuron is up');

  const publisher = new Publisher(url);
  await publisher.signIn();
  for (let i = 0; i < STREAMS; i += 1) {
    await publisher.ask(`mutation { createStream(input: { name: "load ${i}" }) { uuid } }`);
  }
  await publisher.ask('mutation { createStream(input: { name: "slow" }) { uuid } }');
  const acknowledged: { stream: string; ms: number; value: number }[] = [];
  let loading = true;
  let serial = 0;
  const load = async (caller: number): Promise<void> => {
    while (loading) {
      const observations = Array.from({ length: 10 }, () => {
        serial += 1;
        const ms = 1_700_000_000_000 + serial;
        return { streamName: `load ${(caller + serial) % STREAMS}`, value: serial % 97, ms };
      });
      const input = {
        observations: observations.map(({ ms, ...item }) => ({
          ...item,
          observedAt: new Date(ms).toISOString(),
        })),
      };
      const answer = await publisher.insist(PUBLISH, { input });
      expect(answer.publishObservations).toMatchObject({ failed: 0 });
      acknowledged.push(
        ...observations.map(({ streamName, ms, value }) => ({ stream: streamName, ms, value })),
      );
      await delay(5);
    }
  };
  const store = new SQLite(join(neuronDirectory, 'neuron.db'), { readonly: true });
  const accepted = store.prepare("SELECT count(*) FROM predictions WHERE answer = 'ACCEPTED'").pluck();
  // Slow enough that predictions come in time: the next target waits for one, but not while somebody is dead.
  const trickle = async (): Promise<void> => {
    while (loading) {
      const before = Number(accepted.get());
      serial += 1;
      const item = { streamName: 'slow', value: serial % 97 };
      const ms = 1_700_000_000_000 + serial;
      const input = { observations: [{ ...item, observedAt: new Date(ms).toISOString() }] };
      await publisher.insist(PUBLISH, { input });
      acknowledged.push({ stream: 'slow', ms, value: item.value });
      await delay(150);
      const patience = performance.now() + 5_000;
      while (loading && Number(accepted.get()) === before && performance.now() < patience) await delay(20);
    }
  };
  const loads = [...[0, 1, 2, 3].map(load), trickle()];

  for (let kill = 0; kill < KILLS; kill += 1) {
    // Now and then it has to come all the way back; else the next blow falls wherever it is by then.
    const before = Number(accepted.get());
    if (kill % 4 === 0) await expect.poll(() => accepted.get(), { timeout: 120_000 }).toBeGreaterThan(before);
    await delay(Math.random() * 1_000);
    if (kill % 2 === 0) {
      await server.stop('SIGKILL');
      await server.start('Presage is ready');
    } else {
      await neuron.stop('SIGKILL');
      await neuron.start('The neuron is up');
    }
  }
  loading = false;
  await Promise.all(loads);

  const kept = store.prepare('SELECT count(*) AS rows FROM observations').pluck();
  await expect.poll(() => kept.get(), { timeout: 60_000, interval: 200 }).toBe(acknowledged.length);
  const waiting = store.prepare('SELECT count(*) FROM outbox').pluck();
  await expect.poll(() => waiting.get(), { timeout: 60_000, interval: 200 }).toBe(0);
  await neuron.stop();
  await server.stop();

  const postgres = await startEmbeddedPostgres(directory);
  const { pool, close } = await openDatabase(postgres.url, 2, quiet);
  const { rows: stored } = await pool.query(
    `SELECT s.name AS stream, o.position::float8 AS position, (extract(epoch FROM o.observed_at) * 1000)::float8 AS ms,
            trim_scale(o.value)::text AS value, encode(o.hash, 'hex') AS hash
       FROM observations o JOIN streams s ON s.id = o.stream_id ORDER BY o.position`,
  );
  const { rows: entries } = await pool.query(
    `SELECT position::float8 AS position FROM ${LOG_POSITIONS} ORDER BY position`,
  );
  const { rows: revised } = await pool.query(`SELECT count(*)::int AS rows ${NEURONS} AND p.revision > 0`);
  const { rows: predicted } = await pool.query(`SELECT count(*)::int AS rows ${NEURONS}`);
  await close();
  await postgres.stop();

  const answers = store.prepare('SELECT answer, count(*) AS n FROM predictions GROUP BY answer').all();
  process.stdout.write(
    `${KILLS} kills, ${stored.length} observations, ${predicted[0].rows} predictions, answers ${JSON.stringify(answers)}\n`,
  );
  expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index + 1));
  const bySlot = new Map(stored.map(({ stream, ms, value }) => [`${stream} ${ms}`, value]));
  const lost = acknowledged.filter(
    ({ stream, ms, value }) => bySlot.get(`${stream} ${ms}`) !== String(value),
  );
  expect(lost).toEqual([]);
  expect(stored.length).toBe(acknowledged.length);
  expect(revised[0].rows).toBe(0);
  expect(predicted[0].rows).toBeGreaterThan(KILLS / 4);
  const mirrored = store
    .prepare(
      `SELECT s.name AS stream, o.position, o.observed_at AS ms, o.value, o.hash
         FROM observations o JOIN streams s ON s.id = o.stream ORDER BY o.position`,
    )
    .all();
  expect(mirrored).toEqual(stored);
  store.close();
}, 900_000);
