import { expect, it } from 'vitest';
import { SETTINGS } from '../config/paths.ts';
import { neuronEnvironment } from './neuron-environment.ts';

it('hands the neuron its own settings and what Node needs, and nothing of the server’s', () => {
  const needed = {
    ...{
      PATH: '/bin',
      HOME: '/home/x',
      TZ: 'Europe/Vienna',
      LC_ALL: 'C',
      NODE_OPTIONS: '--max-old-space-size=300',
    },
    ...{ https_proxy: 'http://proxy:3128', NO_PROXY: 'localhost', NODE_EXTRA_CA_CERTS: '/ca.pem' },
    ...{
      PRESAGE_DATA_DIR: '/data',
      PRESAGE_LOG_LEVEL: 'warn',
      PRESAGE_NEURON_NAME: 'n',
      PRESAGE_SERVER: 'http://x',
    },
    ...{ PRESAGE_NEURON_JOIN_CODE: 'code', PRESAGE_NEURON_MEMORY_MB: '256' },
  };
  const others = {
    ...{ DATABASE_URL: 'postgres://a:b@c/d', REDIS_URL: 'redis://:p@r', PGPASSWORD: 'p', COINGECKO_KEY: 'k' },
    ...{ PRESAGE_METRICS_TOKEN: 't', PRESAGE_ALERT_SECRET: 's', NODE_AUTH_TOKEN: 'npm', MISSING: undefined },
  };
  expect(neuronEnvironment({ ...needed, ...others })).toEqual(needed);
});

it('has no secret among what it hands on, but the neuron’s own', () => {
  const secrets = SETTINGS.filter(({ secret }) => secret).map(({ env }) => env);
  const passed = neuronEnvironment(Object.fromEntries(secrets.map((name) => [name, 'x'])));
  expect(secrets.length).toBeGreaterThan(4);
  expect(Object.keys(passed)).toEqual(['PRESAGE_NEURON_JOIN_CODE']);
});
