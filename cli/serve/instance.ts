import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { InstanceAgent } from '../../server/collectors/instance/instance-agent.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import type { Config } from '../config/config.ts';
import { version } from '../version.ts';
import type { RunningCollectors } from './collectors.ts';

/** Makes what this server collects obey the database, and keeps the record of it. */
export async function startInstance(
  config: Config,
  { collection, ensure, actor }: RunningCollectors,
  { record }: Pick<OpenDomain, 'record'>,
  url: string,
  log: Logger,
): Promise<InstanceAgent> {
  const { instance, server, collectors } = config;
  const host = instance.host ?? hostname();
  const port = portOf(url);
  const agent = new InstanceAgent({
    ...{ tenant: actor.tenant, record, collection, ensure, log, beatMs: instance.heartbeatMs },
    instance: {
      name:
        instance.name ??
        `${hostname()
          .replace(/[^\w.-]/g, '-')
          .slice(0, 57)}-${port}`,
      ...{ version: version(), host, port, environment: instance.environment, standby: instance.standby },
      storagePath: resolve(server.dataDir),
      clientId: actor.peer.publicKey,
    },
    config: { collect: collectors.collect, intervalMs: collectors.intervalMs, file: collectors.file },
  });
  await agent.start();
  return agent;
}

/** A URL's port, the one of its protocol where it names none. */
function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
