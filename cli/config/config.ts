import { resolve } from 'node:path';
import type { Settings } from './schema.ts';

/** The one config object: parsed once, frozen, handed to everything that starts. Paths are absolute. */
export type Config = DeepReadonly<
  Omit<Settings, 'neuron'> & {
    neuron: Omit<Settings['neuron'], 'serverUrl' | 'dataDir'> & { serverUrl: string; dataDir: string };
  }
>;

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly Item[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** Works out what settings leave to each other, and freezes the result. Relative paths start at `cwd`. */
export function finishConfig(settings: Settings, cwd: string): Config {
  const { server, neuron } = settings;
  const dataDir = resolve(cwd, server.dataDir);
  return deepFreeze({
    ...settings,
    server: { ...server, dataDir },
    neuron: {
      ...neuron,
      serverUrl: (neuron.serverUrl ?? localUrl(server.host, server.port)).replace(/\/+$/, ''),
      dataDir: neuron.dataDir === null ? resolve(dataDir, 'neuron') : resolve(cwd, neuron.dataDir),
    },
  });
}

/** Where a server that listens on `host` is reached from its own machine. */
function localUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
