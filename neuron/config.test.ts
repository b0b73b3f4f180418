import { expect, it } from 'vitest';
import { ADAPTER_NAMES } from './adapters/adapter.ts';
import { neuronConfig } from './config.ts';

it('fills in the defaults, and is frozen', () => {
  const config = neuronConfig({ serverUrl: 'http://localhost:4000/', dataDir: 'data' });
  expect(config).toMatchObject({
    serverUrl: 'http://localhost:4000',
    tenant: 'default',
    streams: [],
    adapters: ADAPTER_NAMES,
    maxBatch: 250,
  });
  expect(Object.isFrozen(config)).toBe(true);
});

it('lists every problem at once', () => {
  const options = {
    serverUrl: 'localhost',
    dataDir: '',
    maxBatch: 1_001,
    streams: ['6ba7b810-9dad-11d1-80b4-00c04fd430c8'],
  };
  expect(() => neuronConfig(options)).toThrow(
    /serverUrl: must be a URL.*\n.*dataDir: .*\n.*streams\.0: .*version 4.*\n.*maxBatch: /,
  );
});

it('takes a uuid in either case, as the one that servers write', () => {
  const streams = ['7D1F8A52-6C0E-4B7E-9D55-2A0C6F1B9E33', 'Bitcoin'];
  expect(neuronConfig({ serverUrl: 'http://localhost:4000', dataDir: 'data', streams }).streams).toEqual([
    '7d1f8a52-6c0e-4b7e-9d55-2a0c6f1b9e33',
    'Bitcoin',
  ]);
});
