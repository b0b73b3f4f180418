import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../testing/test-neuron.ts';
import { migrate } from './migrations.ts';
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

it('holds back a prediction that was made again until the one before has its answer, and both are kept', () => {
  const store = openStore(temporaryDirectory());
  store.streams.add('9b2d7c1e-4f7a-4a52-9a39-0c7f5a1f0d11', 1, 'a');
  expect(store.predictions.put([prediction])).toBe(1);
  const again = { ...prediction, revision: 1, value: '2', madeAt: 5 };
  expect(store.predictions.put([again, again])).toBe(1);
  expect(store.predictions.made(1, 'h', 1)).toEqual({ revision: 1, value: '2', madeAt: 5 });
  expect([store.predictions.made(1, 'h', 2), store.predictions.made(1, 'g', 1)]).toEqual([
    undefined,
    undefined,
  ]);
  expect(store.predictions.countWaiting()).toBe(2);
  for (const value of ['1', '2']) {
    const [only, ...others] = store.predictions.waiting(10);
    expect([only?.value, others]).toEqual([value, []]);
    store.predictions.answer(
      [{ prediction: only?.id ?? 0, answer: 'ACCEPTED', message: null, serverId: 'same' }],
      6,
    );
  }
  expect(store.predictions.waiting(10)).toEqual([]);
  expect(store.reports.recent(1, 9).map(({ value }) => value)).toEqual(['2', '1']);
  store.close();
});

it('counts a prediction that was made again once, by the last that the server took', () => {
  const dataDir = temporaryDirectory();
  const store = openStore(dataDir);
  store.streams.add('9b2d7c1e-4f7a-4a52-9a39-0c7f5a1f0d11', 1, 'a');
  store.predictions.put([{ ...prediction, baseValue: '1' }]);
  store.predictions.put([{ ...prediction, baseValue: '1', revision: 1, value: '3' }]);
  const file = new Database(join(dataDir, 'neuron.db'));
  file.exec(`INSERT INTO observations (stream, position, observed_at, value, hash, provider, revision, retracted)
             VALUES (1, 2, 1000, '4', 'i', 'p', 0, 0)`);
  const take = (id: number, serverId: string | null) =>
    store.predictions.answer([{ prediction: id, answer: 'x', message: null, serverId }], 2);
  take(1, 'same');
  take(2, null);
  expect(store.reports.live(1, 9)).toEqual({ scored: 1, error: 3, naiveError: 3 });
  take(2, 'same');
  expect(store.reports.live(1, 9)).toEqual({ scored: 1, error: 1, naiveError: 3 });
  file.close();
  store.close();
});

it('takes over the predictions and the outbox of a store of before they could be made again', () => {
  const dataDir = temporaryDirectory();
  const old = new Database(join(dataDir, 'neuron.db'));
  old.pragma('foreign_keys = ON');
  migrate(old, 3);
  old.exec(`
    INSERT INTO streams (uuid, server_id, name) VALUES ('9b2d7c1e-4f7a-4a52-9a39-0c7f5a1f0d11', 1, 'a');
    INSERT INTO predictions (id, stream, base_hash, base_at, base_value, horizon, value, adapter, made_at, answer,
                             server_id, answered_at, absolute_error, naive_error, scaled_error, scored_at)
    VALUES (7, 1, 'g', 1, '1', 1, '5', 'ar', 2, 'ACCEPTED', 's', 3, '0.5', '1', 0.25, 4),
           (9, 1, 'h', 5, '1', 1, '6', 'naive', 6, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    INSERT INTO outbox VALUES (9);`);
  const columns = `id, stream, base_hash, base_at, base_value, horizon, value, quantiles, adapter, made_at, answer,
                   message, server_id, answered_at, absolute_error, naive_error, scaled_error, scored_at`;
  const rows = (database: Database.Database) =>
    database.prepare(`SELECT ${columns} FROM predictions ORDER BY id`).all();
  const before = rows(old);
  old.close();
  const store = openStore(dataDir);
  const file = new Database(join(dataDir, 'neuron.db'));
  expect(rows(file)).toEqual(before);
  expect(file.pragma('foreign_key_check')).toEqual([]);
  file.close();
  expect(store.predictions.waiting(9)).toMatchObject([{ id: 9, value: '6' }]);
  expect(store.predictions.put([{ ...prediction, value: '7' }])).toBe(0);
  expect(store.predictions.put([{ ...prediction, revision: 1, value: '7' }])).toBe(1);
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
