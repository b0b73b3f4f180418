import { request } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore, type Store } from '../storage/store.ts';
import { SILENT, temporaryDirectory, until } from '../testing/test-neuron.ts';
import { Reports } from './reports.ts';
import { StateApi } from './state-api.ts';

let store: Store;
let api: StateApi;
let port: number | undefined;

beforeEach(async () => {
  const dataDir = temporaryDirectory();
  store = openStore(dataDir);
  const reports = new Reports({ store, dataDir, trained: () => null, live: null, running: false });
  api = new StateApi({ port: 0, reports, logger: SILENT });
  port = await api.start();
});
afterEach(async () => {
  await api.stop();
  store.close();
});

function ask(path: string, { method = 'GET', host = `localhost:${port}` } = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path, method, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asking.on('error', reject).end();
  });
}

it.each(['localhost', '127.0.0.1', '[::1]', 'LOCALHOST:80'])('answers to its own name %s', async (host) => {
  expect(await ask('/api/state', { host })).toBe(200);
});

it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:24601', '24601'])(
  'does not answer to the name %j',
  async (host) => {
    expect(await ask('/api/state', { host })).toBe(403);
    expect(await ask('/api/events', { host })).toBe(403);
  },
);

it('is for reading only', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
    expect(await ask('/api/state', { method })).toBe(405);
  expect(await ask('/nowhere')).toBe(404);
  expect(await ask('//[')).toBe(404);
  expect(await ask('/api/streams/%E0%A4%A')).toBe(404);
});

it('says so when its port is taken, and does without', async () => {
  const said: string[] = [];
  const logger = { ...SILENT, warn: (_facts: object, message: string) => said.push(message) };
  const reports = new Reports({ store, dataDir: '', trained: () => null, live: null, running: false });
  const other = new StateApi({ port: port ?? 0, reports, logger });
  expect(await other.start()).toBeUndefined();
  expect(said.join()).toMatch(/set neuron\.uiPort to another one, or to 0 for none/);
  await other.stop();
});

it('sends the state to who listens: at once, and when it changes', async () => {
  const response = await fetch(`http://127.0.0.1:${port}/api/events`);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk);
  })();
  await until(() => /^event: state\ndata: \{"version":1/.test(text), 'the state');
  api.round(['u1']);
  await until(() => /event: round\ndata: \{"at":\d+,"streams":\["u1"\]\}/.test(text), 'a round');
  const about = {
    stream: 1,
    baseHash: 'h',
    baseAt: 0,
    baseValue: '1',
    horizon: 1,
    value: '1',
    quantiles: [],
  };
  store.streams.add('9b2d7c1e-4f7a-4a52-9a39-0c7f5a1f0d11', 1, 'a');
  store.predictions.put([{ ...about, adapter: 'naive', madeAt: 5 }]);
  await until(() => /"outbox":\{"waiting":1,"oldestMadeAt":5/.test(text), 'a changed state');
  await api.stop();
  await reading.catch(() => undefined);
});
