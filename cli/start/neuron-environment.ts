import { passedOn } from '../../schema/passed-on.ts';
import type { Environment } from '../config/environment.ts';
import { SETTINGS } from '../config/paths.ts';

/** What Node itself and its libraries go by, and how the network is reached. Not all of `NODE_…`: npm keeps a token there. */
const NAMES: ReadonlySet<string> = new Set([
  ...[
    'NODE_OPTIONS',
    'NODE_ENV',
    'NODE_EXTRA_CA_CERTS',
    'NODE_TLS_REJECT_UNAUTHORIZED',
    'NODE_USE_ENV_PROXY',
  ],
  ...['NODE_COMPILE_CACHE', 'NODE_NO_WARNINGS', 'NODE_V8_COVERAGE', 'UV_THREADPOOL_SIZE', 'MALLOC_ARENA_MAX'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'],
]);

/** Settings that a neuron reads: its own, how it logs, and where its directory is. */
const OWN_SETTINGS: ReadonlySet<string> = new Set(
  SETTINGS.filter(
    ({ section, path }) => section === 'neuron' || section === 'log' || path === 'server.dataDir',
  ).map(({ env }) => env),
);

/**
 * The part of the server's environment that the neuron beside it gets. A neuron talks to the server over its API, like any
 * other: the password of the database, keys and tokens are none of its business.
 */
export function neuronEnvironment(environment: Environment): Record<string, string> {
  const passed = passedOn(environment);
  for (const [name, value] of Object.entries(environment)) {
    const isOwn = OWN_SETTINGS.has(name) || NAMES.has(name.toUpperCase());
    if (value !== undefined && isOwn) passed[name] = value;
  }
  return passed;
}
