import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Neuron } from '../../neuron/neuron.ts';
import { quickNeuron, rowsOf, storedObservations } from '../../neuron/testing/test-neuron.ts';
import { runningPostgres } from '../../server/storage/embedded-postgres.ts';
import { freePort, Presage } from '../support/presage.ts';
import { Publisher } from '../support/publisher.ts';
import { IS_SOAK } from './support/form.ts';

const run = promisify(execFile);
const T0 = Date.UTC(2026, 0, 1);
const SOON = { timeout: 20_000, interval: 20 };

let directory: string;
let server: Presage;
let publisher: Publisher;
let neuron: Neuron | undefined;
const dataDir = () => join(directory, 'server');
const neuronDir = () => join(directory, 'neuron');

async function publish(row: number, value: string): Promise<void> {
  const observedAt = new Date(T0 + row * 1_000).toISOString();
  const observations = [{ streamName: 'a', value, observedAt }];
  await publisher.insist(
    'mutation ($input: PublishObservationsInput!) { publishObservations(input: $input) { successful } }',
    { input: { observations } },
  );
}

/** What the server has, in the words of `storedObservations`; and the predictions that it took, by their bases. */
async function atServer() {
  const client = new pg.Client(await runningPostgres(dataDir()));
  await client.connect();
  try {
    const observations = await client.query(
      `SELECT o.position::int AS position, s.uuid, trim_scale(o.value)::text AS value,
              (extract(epoch FROM o.observed_at) * 1000)::float8 AS "observedAt", encode(o.hash, 'hex') AS hash, o.provider,
              o.revision, o.retracted::int AS retracted
         FROM observations o JOIN streams s ON s.id = o.stream_id ORDER BY o.position`,
    );
    const predictions = await client.query(
      'SELECT (extract(epoch FROM base_observed_at) * 1000)::float8 AS base FROM predictions WHERE superseded_at IS NULL ORDER BY 1',
    );
    return {
      observations: observations.rows,
      bases: predictions.rows.map(({ base }) => (base - T0) / 1_000),
    };
  } finally {
    await client.end();
  }
}

const bases = async () => (await atServer()).bases;

/** In the long form: each start of a whole server takes a while. */
describe.runIf(IS_SOAK)('a directory that is put back', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'presage-restore-'));
    const port = String(await freePort());
    const place = ['--port', port, '--data-dir', dataDir()];
    server = new Presage(['serve', ...place, '--collect', 'none']);
    publisher = new Publisher(`http://127.0.0.1:${port}`);
    await server.start('Presage is ready');
    await publisher.signIn();
    await publisher.ask('mutation { createStream(input: {name: "a"}) { uuid } }');
    neuron = quickNeuron(`http://127.0.0.1:${port}`, neuronDir(), { adapters: ['naive'] });
  }, 60_000);
  afterAll(async () => {
    await neuron?.stop();
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('a directory is copied while its server is stopped; put back, it is what it was, and a neuron agrees with it', async () => {
    for (const row of [0, 1, 2]) {
      await publish(row, `${row}`);
      await expect.poll(bases, SOON).toContain(row);
    }
    await server.stop();
    await run('cp', ['-a', dataDir(), join(directory, 'backup')]);
    await server.start('Presage is ready');
    // What is lost: observations, and predictions that the server said it has.
    for (const row of [3, 4, 5]) await publish(row, `${row}`);
    await expect.poll(bases, SOON).toContain(5);
    const accepted = () => neuron?.status().outbox === 0;
    await expect.poll(accepted, SOON).toBe(true);

    await server.stop();
    await rm(dataDir(), { recursive: true });
    await run('cp', ['-a', join(directory, 'backup'), dataDir()]);
    await server.start('Presage is ready');
    // Others take the places of those that are lost: as many and more, at the same times and at another.
    for (const [row, value] of [
      [3, '30'],
      [4, '4'],
      [7, '70'],
      [8, '80'],
      [9, '90'],
      [10, '100'],
      [11, '110'],
    ] as const) {
      await publish(row, value);
    }
    await expect.poll(bases, SOON).toContain(11);
    await expect.poll(() => storedObservations(neuronDir()).length, SOON).toBe(10);
    expect(storedObservations(neuronDir())).toEqual((await atServer()).observations);
    expect(rowsOf(neuronDir(), 'SELECT chain_breaks AS breaks FROM streams')).toEqual([{ breaks: 0 }]);
  });

  it('a prediction that was lost, and nothing that the neuron had stored, is sent again', async () => {
    await publish(12, '120');
    await expect.poll(bases, SOON).toContain(12);
    const client = new pg.Client(await runningPostgres(dataDir()));
    await client.connect();
    // The tail of the log is taken out: the prediction from the newest observation, and what came of it.
    const { rows } = await client.query(
      `SELECT position FROM predictions WHERE base_observed_at = to_timestamp($1::float8 / 1000) AND superseded_at IS NULL`,
      [T0 + 12_000],
    );
    const after = Number(rows[0]?.position) - 1;
    await client.query('BEGIN');
    for (const table of ['scores', 'consensus', 'log_events', 'predictions', 'observations']) {
      await client.query(`DELETE FROM ${table} WHERE position > $1`, [after]);
    }
    await client.query('UPDATE log_consumers SET position = least(position, $1)', [after]);
    await client.query('UPDATE log_heads SET position = $1', [after]);
    await client.query('COMMIT');
    await client.end();
    await expect.poll(() => server.output, SOON).toContain('begins anew');
    await expect.poll(bases, SOON).toContain(12);
  });
});
