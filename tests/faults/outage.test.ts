import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NeuronReport, StreamReport } from '../../neuron/dashboard/reports.ts';
import { rowsOf, storedObservations } from '../../neuron/testing/test-neuron.ts';
import { freePort, Presage } from '../support/presage.ts';
import { Publisher } from '../support/publisher.ts';
import { CuttingProxy } from './support/cutting-proxy.ts';
import { faultMs } from './support/form.ts';
import { Servers } from './support/servers.ts';

/** How long the server can't be reached: `PRESAGE_SOAK_SECONDS=3600` is the hour, with the default training interval. */
const OUTAGE_MS = faultMs(6_000);
const INTERVAL_S = Math.max(1, Math.round(OUTAGE_MS / 6_000));
const T0 = Date.UTC(2026, 0, 1);
const HISTORY = 240;
/** New rows that a stream has when the outage begins: enough for another model on the quiet ones, too few elsewhere. */
const FRESH = 30;
const TOO_FEW = 20;
const QUIET = ['quiet-0', 'quiet-1', 'quiet-2'];
const BUSY = ['busy-0', 'busy-1', 'busy-2'];
const STREAMS = [...QUIET, ...BUSY];

let servers: Servers;
let directory: string;
let proxy: CuttingProxy;
let neuron: Presage;

beforeAll(async () => {
  servers = await Servers.open();
  directory = await mkdtemp(join(tmpdir(), 'presage-outage-'));
}, 120_000);
afterAll(async () => {
  await neuron?.stop('SIGKILL');
  await proxy?.close();
  await servers?.close();
  await rm(directory, { recursive: true, force: true });
});

const valueAt = (row: number, stream: number) =>
  (50 + 10 * Math.sin((row * Math.PI) / 12) + ((row * 7 + stream) % 5)).toFixed(2);

it(
  `keeps training while the server is away for ${OUTAGE_MS / 1_000} s, and catches up exactly`,
  async () => {
    const server = await servers.start();
    proxy = await CuttingProxy.open(server.url);
    const publisher = new Publisher(server.url);
    await publisher.signIn();
    const rowsOfStream = new Map(STREAMS.map((name) => [name, 0]));
    const publish = async (name: string, rows: number) => {
      const from = rowsOfStream.get(name) ?? 0;
      const observations = Array.from({ length: rows }, (_, index) => ({
        streamName: name,
        value: valueAt(from + index, STREAMS.indexOf(name)),
        observedAt: new Date(T0 + (from + index) * 3_600_000).toISOString(),
      }));
      const query =
        'mutation ($input: PublishObservationsInput!) { publishObservations(input: $input) { successful duplicates } }';
      await publisher.insist(query, { input: { observations } });
      rowsOfStream.set(name, from + rows);
    };
    for (const name of STREAMS) {
      const create = 'mutation ($input: CreateStreamInput!) { createStream(input: $input) { uuid } }';
      await publisher.ask(create, { input: { name } });
      await publish(name, HISTORY);
    }

    const dataDir = join(directory, 'neuron');
    const uiPort = await freePort();
    const place = ['--server', proxy.url, '--neuron-data-dir', dataDir, '--ui-port', String(uiPort)];
    neuron = new Presage([
      ...['neuron', ...place, '--train-interval', String(INTERVAL_S), '--data-dir', directory],
    ]);
    await neuron.start('The neuron is up');
    const get = async <T>(path: string): Promise<T> =>
      (await (await fetch(`http://127.0.0.1:${uiPort}${path}`)).json()) as T;
    const state = () => get<NeuronReport>('/api/state');
    const streams = async () => (await get<{ streams: StreamReport[] }>('/api/streams')).streams;
    const patience = { timeout: 60_000, interval: 100 };
    await expect.poll(async () => (await state()).outbox.answers.ACCEPTED, patience).toBe(STREAMS.length);
    const trained = async () => (await streams()).filter(({ trainedAt }) => trainedAt !== null).length;
    await expect.poll(trained, patience).toBe(STREAMS.length);

    // The last that comes through are observations; the predictions from them never arrive.
    proxy.mute();
    for (const name of QUIET) await publish(name, FRESH);
    for (const name of BUSY) await publish(name, TOO_FEW);
    const everyRow = [...rowsOfStream.values()].reduce((sum, count) => sum + count, 0);
    await expect.poll(async () => (await state()).neuron?.observations, patience).toBe(everyRow);
    const newestPredicted = async () =>
      (await streams()).filter(
        ({ last, predictions }) =>
          predictions[0]?.baseAt === last?.observedAt && predictions[0]?.answer === null,
      );
    await expect.poll(async () => (await newestPredicted()).length, patience).toBe(STREAMS.length);
    await server.stop('SIGKILL');
    await proxy.shut();
    const began = Date.now();
    const newestAt = (fresh: number) => T0 + (HISTORY + fresh - 1) * 3_600_000;
    const inTime = `p.base_at = CASE WHEN s.name LIKE 'quiet-%' THEN ${newestAt(FRESH)} ELSE ${newestAt(TOO_FEW)} END`;
    const waiting = rowsOf(
      dataDir,
      `SELECT p.id FROM outbox o JOIN predictions p ON p.id = o.prediction JOIN streams s ON s.id = p.stream
      WHERE ${inTime} ORDER BY p.id`,
    );
    expect(waiting).toHaveLength(STREAMS.length);
    const completed = (await state()).training?.completed ?? 0;
    const lines = neuron.output.split('\n').length;

    // Half of the time there is no server at all; then it is back and goes on, but can't be reached from here.
    let isBack = false;
    const memory: number[] = [];
    while (Date.now() - began < OUTAGE_MS) {
      await delay(Math.min(INTERVAL_S * 1_000, OUTAGE_MS / 12));
      if (!isBack && Date.now() - began > OUTAGE_MS / 2) {
        await server.start();
        isBack = true;
      }
      if (isBack) for (const name of BUSY) await publish(name, 1);
      const { neuron: about, metrics, outbox } = await state();
      expect(about?.phase).toBe('connecting');
      expect(outbox.waiting).toBeGreaterThanOrEqual(waiting.length);
      memory.push((metrics?.rssBytes ?? 0) / 2 ** 20);
    }
    expect(isBack).toBe(true);
    // Those whose targets were known have been dropped, the others kept.
    expect(rowsOf(dataDir, 'SELECT prediction AS id FROM outbox ORDER BY prediction')).toEqual(waiting);
    for (const { name, trainedAt, training } of await streams()) {
      if (QUIET.includes(name)) expect(trainedAt).toBeGreaterThan(began);
      else expect(training?.last?.reason).toMatch(/20 rows since the last fit are too few/);
      expect(training?.failures).toBe(0);
    }
    // One each with all that is new here, which may have come in two parts; without new rows nobody is trained again.
    const trainings = ((await state()).training?.completed ?? 0) - completed;
    expect(trainings).toBeGreaterThanOrEqual(QUIET.length);
    expect(trainings).toBeLessThanOrEqual(2 * STREAMS.length);
    const said = neuron.output.split('\n').length - lines;

    await proxy.reopen();
    const back = Date.now();
    // The pause between two attempts is 30 s at most.
    await expect
      .poll(async () => (await state()).neuron?.phase, { timeout: 45_000, interval: 50 })
      .toBe('live');
    const tookMs = Date.now() - back;
    await expect.poll(async () => (await state()).outbox.waiting, patience).toBe(0);
    const accepted = async () => (await streams()).filter(({ predictions }) => predictions[0]?.answer).length;
    await expect.poll(accepted, patience).toBe(STREAMS.length);
    // And it is live indeed.
    for (const name of STREAMS) await publish(name, 1);
    const answered = async () =>
      (await streams()).filter(
        ({ last, predictions: [first] }) =>
          last?.observedAt === first?.baseAt && first?.answer === 'ACCEPTED' && last !== null,
      ).length;
    const rows = [...rowsOfStream.values()].reduce((sum, count) => sum + count, 0);
    await expect.poll(async () => (await state()).neuron?.observations, patience).toBe(rows);
    await expect.poll(answered, patience).toBe(STREAMS.length);
    const publicKey = (await state()).neuron?.publicKey;
    expect(await neuron.stop()).toBe(0);

    // The neuron's rows are the server's, in the same words.
    const { pool } = servers.db.database;
    const logged = await pool.query(
      `SELECT o.position::float8 AS position, s.uuid, trim_scale(o.value)::text AS value,
            (extract(epoch FROM o.observed_at) * 1000)::float8 AS "observedAt", encode(o.hash, 'hex') AS hash,
            o.provider, o.revision, o.retracted::int AS retracted
       FROM observations o JOIN streams s ON s.id = o.stream_id ORDER BY o.position`,
    );
    expect(storedObservations(dataDir)).toEqual(logged.rows);
    // What the neuron counts as taken is what the server has; nothing is twice, nothing without an answer.
    const taken = await pool.query(
      `SELECT s.uuid, encode(o.hash, 'hex') AS base, p.horizon, trim_scale(p.value)::text AS value
       FROM predictions p JOIN streams s ON s.id = p.stream_id
       JOIN peers ON peers.id = p.peer_id AND peers.public_key = $1
       JOIN observations o ON o.tenant = p.tenant AND o.position = p.base_position
       ORDER BY 1, 2, 3, p.revision`,
      [publicKey],
    );
    const made = `SELECT s.uuid, p.base_hash AS base, p.horizon, p.value
    FROM predictions p JOIN streams s ON s.id = p.stream WHERE p.answer IN ('ACCEPTED', 'DUPLICATE')
    ORDER BY 1, 2, 3, p.revision`;
    expect(rowsOf(dataDir, made)).toEqual(taken.rows);
    expect(rowsOf(dataDir, 'SELECT id FROM predictions WHERE answer IS NULL')).toEqual([]);
    // Made before the outage, in time after it: nothing came on the quiet streams, so theirs still counted.
    const kept = rowsOf(
      dataDir,
      `SELECT s.name, p.answer FROM predictions p JOIN streams s ON s.id = p.stream
      WHERE ${inTime} ORDER BY s.name`,
    ) as { name: string; answer: string }[];
    expect(kept.filter(({ name }) => QUIET.includes(name)).map(({ answer }) => answer)).toEqual(
      QUIET.map(() => 'ACCEPTED'),
    );
    expect(kept.filter(({ name }) => BUSY.includes(name))).toHaveLength(BUSY.length);
    for (const { name, answer } of kept)
      if (BUSY.includes(name)) expect(['EXPIRED', 'LATE']).toContain(answer);
    const megabytes = (value: number | undefined) => Math.round(value ?? 0);
    process.stdout.write(
      `away ${Math.round(OUTAGE_MS / 1_000)} s: ${trainings} trainings, ${said} log lines, memory ${megabytes(memory[0])} to ${megabytes(memory.at(-1))} MB, live again after ${tookMs} ms, ${rows - everyRow} observations caught up\n`,
    );
  },
  2 * OUTAGE_MS + 300_000,
);
