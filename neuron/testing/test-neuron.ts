import { copyFileSync, cpSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type NeuronOptions, neuronConfig } from '../config.ts';
import type { Logger } from '../logger.ts';
import { type Neuron, startNeuron } from '../neuron.ts';
import type { TestObservation } from './test-log.ts';

export const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'neuron-'));
}

/** A neuron that is impatient, so that tests are quick. */
export function quickNeuron(serverUrl: string, dataDir: string, more: Partial<NeuronOptions> = {}): Neuron {
  const backoff = { firstMs: 2, maxMs: 20 };
  return startNeuron(
    neuronConfig({ serverUrl, dataDir, backoff, roundWindowMs: 1, uiPort: 0, ...more }),
    SILENT,
  );
}

/**
 * What a kill at this moment would leave on disk: nothing runs while files are copied, so this is exactly that.
 * Gives the directory of the copy.
 */
export function leftByKill(dataDir: string): string {
  const copy = temporaryDirectory();
  for (const file of ['neuron.db', 'neuron.db-wal', 'neuron.key']) {
    if (existsSync(join(dataDir, file))) copyFileSync(join(dataDir, file), join(copy, file));
  }
  const models = join(dataDir, 'models');
  if (existsSync(models)) cpSync(models, join(copy, 'models'), { recursive: true });
  return copy;
}

/** Waits for a condition; what it last threw, or that it never held, is the failure. */
export async function until(holds: () => boolean, what: string, ms = 15_000): Promise<void> {
  const end = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`never happened within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Runs a query on a neuron's file, as anyone may while it runs. */
export function rowsOf(dataDir: string, sql: string): unknown[] {
  const database = new Database(join(dataDir, 'neuron.db'), { readonly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

/** The observations a neuron has, in the log's order and words. */
export function storedObservations(dataDir: string): unknown[] {
  return rowsOf(
    dataDir,
    `SELECT o.position, s.uuid, o.value, o.observed_at AS observedAt, o.hash, o.provider, o.revision, o.retracted
     FROM observations o JOIN streams s ON s.id = o.stream ORDER BY o.position`,
  );
}

/** The same of the server's log. */
export function loggedObservations(log: { events: readonly { observation: TestObservation }[] }): unknown[] {
  return log.events.map(({ observation }) => ({
    position: observation.position,
    uuid: observation.stream.uuid,
    value: observation.value,
    observedAt: Date.parse(observation.observedAt),
    hash: observation.hash,
    provider: observation.provider,
    revision: observation.revision,
    retracted: observation.retracted ? 1 : 0,
  }));
}
