import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../testing/test-neuron.ts';
import { isServerUuid, looksLikeUuid } from './server-uuid.ts';
import { openStore } from './store.ts';

const prediction = {
  stream: 1,
  baseHash: 'h',
  baseAt: 0,
  baseValue: '1',
  horizon: 1,
  value: '1',
  quantiles: [],
  adapter: 'naive',
  madeAt: 0,
};

it('keeps a data directory to one store, until it closes', () => {
  const dataDir = temporaryDirectory();
  const store = openStore(dataDir);
  expect(() => openStore(dataDir)).toThrow(expect.objectContaining({ code: 'DATA_DIR_IN_USE' }));
  store.close();
  openStore(dataDir).close();
});

it('says so when a newer Presage wrote the file, and lets go of the directory', () => {
  const dataDir = temporaryDirectory();
  openStore(dataDir).close();
  const file = new Database(join(dataDir, 'neuron.db'));
  file.pragma('user_version = 99');
  file.close();
  expect(() => openStore(dataDir)).toThrow(expect.objectContaining({ code: 'STORE_TOO_NEW' }));
  expect(() => openStore(dataDir)).toThrow(expect.objectContaining({ code: 'STORE_TOO_NEW' }));
});

it('says so when the directory or the file is no use', () => {
  const dataDir = temporaryDirectory();
  writeFileSync(join(dataDir, 'file'), '');
  expect(() => openStore(join(dataDir, 'file', 'inside'))).toThrow(/can't be made a directory/);
  mkdirSync(join(dataDir, 'other'));
  writeFileSync(
    join(dataDir, 'other', 'neuron.db'),
    'this is no database at all, but long enough to look like one',
  );
  expect(() => openStore(join(dataDir, 'other'))).toThrow(/can't be opened as a neuron's store/);
});

it('puts a prediction into the outbox once, and lets it leave with its answer', () => {
  const store = openStore(temporaryDirectory());
  store.streams.add('9b2d7c1e-4f7a-4a52-9a39-0c7f5a1f0d11', 1, 'a');
  expect(store.predictions.put([prediction, prediction])).toBe(1);
  expect(store.predictions.put([{ ...prediction, value: '2' }])).toBe(0);
  expect(store.predictions.put([{ ...prediction, horizon: 2 }])).toBe(1);
  const [first] = store.predictions.waiting(10);
  expect(first).toMatchObject({ value: '1', horizon: 1 });
  store.predictions.answer([{ prediction: first?.id ?? 0, answer: 'LATE', message: 'm', serverId: null }], 1);
  expect(store.predictions.countWaiting()).toBe(1);
  expect(store.predictions.countAnswers()).toEqual({ LATE: 1 });
  expect(store.predictions.put([prediction])).toBe(0);
  store.close();
});

it('puts all of a round into the outbox or nothing', () => {
  const store = openStore(temporaryDirectory());
  store.streams.add('9b2d7c1e-4f7a-4a52-9a39-0c7f5a1f0d11', 1, 'a');
  expect(() => store.predictions.put([prediction, { ...prediction, stream: 2 }])).toThrow(/FOREIGN KEY/);
  expect(store.predictions.countWaiting()).toBe(0);
  store.close();
});

it('knows the uuids that servers make', () => {
  expect(isServerUuid('9b2d7c1e-4f7a-4a52-9a39-0c7f5a1f0d11')).toBe(true);
  expect(isServerUuid('6ba7b810-9dad-11d1-80b4-00c04fd430c8')).toBe(false);
  expect(isServerUuid('9B2D7C1E-4F7A-4A52-9A39-0C7F5A1F0D11')).toBe(false);
  expect(looksLikeUuid('6ba7b810-9dad-11d1-80b4-00c04fd430c8')).toBe(true);
  expect(looksLikeUuid('cpu.load')).toBe(false);
});
