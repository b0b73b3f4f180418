import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SavedModel } from '../selection/saved-model.ts';
import { train } from '../selection/train.ts';
import { SILENT, temporaryDirectory } from '../testing/test-neuron.ts';
import { ModelFiles } from './model-files.ts';

const STREAM = '9b2d7c1e-4f7a-4a52-9a39-0c7f5a1f0d11';
const ABOUT = { trainedAt: 5, decision: 'replace' };

async function someModel(): Promise<SavedModel> {
  const times = Array.from({ length: 40 }, (_, row) => row * 1_000);
  const options = { adapters: ['naive', 'starter'] as const, resources: { memoryBytes: 1e8, cores: 1 } };
  const training = await train(
    { times, values: times.map((time) => time % 7) },
    { ...options, seed: 1, budgetMs: 100 },
    null,
  );
  if (!training.model) throw new Error('nothing was trained');
  return training.model;
}

async function stored() {
  const dataDir = temporaryDirectory();
  const said: string[] = [];
  const logger = { ...SILENT, warn: (facts: object) => said.push(JSON.stringify(facts)) };
  const files = new ModelFiles(dataDir, logger);
  const model = await someModel();
  await files.write(STREAM, model, ABOUT);
  return { files, model, said, file: join(dataDir, 'models', `${STREAM}.model`) };
}

it('gives back what was stored, and says what it is without reading it', async () => {
  const { files, model, file } = await stored();
  expect(files.read(STREAM)).toMatchObject({ model, header: { ...ABOUT, stream: STREAM, rows: 40 } });
  expect(files.headers().get(STREAM)).toMatchObject({ trainedAt: 5, from: 0, through: 39_000 });
  expect(readdirSync(join(file, '..'))).toEqual([`${STREAM}.model`]);
  expect(files.read('other')).toBeUndefined();
});

const flip = (content: Buffer) => {
  const changed = Buffer.from(content);
  changed[changed.length - 10] = (changed[changed.length - 10] ?? 0) ^ 1;
  return changed;
};

it.each<[string, (content: Buffer) => Buffer, RegExp]>([
  ['cut off', (content) => content.subarray(0, content.length - 20), /checksum/],
  ['changed in one bit', flip, /checksum/],
  ['empty', () => Buffer.from(''), /no header/],
  ['no JSON at all', () => Buffer.from('\u0000\u0001nonsense\n'), /JSON|token/],
  [
    'of another format',
    (content) => Buffer.from(content.toString().replace('"format":1', '"format":0')),
    /header/,
  ],
])('sets a file aside that is %s', async (_what, damage, reason) => {
  const { files, file, said } = await stored();
  writeFileSync(file, damage(readFileSync(file)));
  expect(files.read(STREAM)).toBeUndefined();
  expect(existsSync(file)).toBe(false);
  expect(existsSync(`${file}.bad`)).toBe(true);
  expect(said.join()).toMatch(reason);
});

it('sets a model aside that an older adapter made', async () => {
  const { files, model, file, said } = await stored();
  const members = model.members.map((member) => ({ ...member, version: member.version - 1 }));
  await files.write(STREAM, { ...model, members }, ABOUT);
  expect(files.read(STREAM)).toBeUndefined();
  expect(existsSync(`${file}.bad`)).toBe(true);
  expect(said.join()).toMatch(/naive version 0; now it is 1/);
});
