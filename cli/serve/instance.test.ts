import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import pino from 'pino';
import { expect, it } from 'vitest';
import type { LineageRecord, NewInstance } from '../../server/domain/lineage/lineage.ts';
import { loadConfig } from '../config/load.ts';
import { startInstance } from './instance.ts';

/** The record of nobody else, that remembers who registered. */
function recordOf(registered: NewInstance[]): LineageRecord {
  return {
    register: async (tenant, instance) => {
      registered.push(instance);
      return { tenant, instanceId: 1, name: instance.name, run: 'run' };
    },
    offer: async () => new Set(),
    openSession: async () => 1,
    changeStreams: async () => undefined,
    beat: async () => ({ current: true, active: new Set(), wanted: new Set() }),
    closeSessions: async () => undefined,
    retire: async () => undefined,
  };
}

it.each([
  ['http://127.0.0.1:4711', 4711],
  ['http://presage.example.org', 80],
  ['http://presage.example.org:80/', 80],
  ['https://presage.example.org', 443],
  ['http://[::1]:4000', 4000],
])('registers where a server at %s is reached', async (url, port) => {
  const registered: NewInstance[] = [];
  const config = loadConfig({ environment: {}, flags: new Map(), cwd: tmpdir() });
  const agent = await startInstance(
    config,
    {
      collection: {
        streams: () => [],
        select: () => undefined,
        report: () => [],
        stop: async () => undefined,
      },
      ensure: async () => 1,
      actor: { tenant: 'default', peer: { id: 1, publicKey: 'k', name: null, role: 'PEER', createdAt: 0 } },
      stop: async () => undefined,
    },
    { record: recordOf(registered) },
    url,
    pino({ level: 'silent' }),
  );
  await agent.stop();
  expect(registered).toMatchObject([{ port, clientId: 'k', storagePath: resolve(config.server.dataDir) }]);
  expect(registered[0]?.name).toMatch(new RegExp(`-${port}$`));
});
