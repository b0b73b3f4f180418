import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { type Collection, startCollection } from '../../server/collectors/collection.ts';
import type { CollectorsPlan } from '../../server/collectors/config/collectors-file.ts';
import { InstanceAgent } from '../../server/collectors/instance/instance-agent.ts';
import { Spool } from '../../server/collectors/spool/spool.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import type { PublisherKey } from '../client/key-file.ts';
import type { Config } from '../config/config.ts';
import { version } from '../version.ts';
import { ApiRecord } from './api-record.ts';
import { apiSink } from './api-sink.ts';
import { spoolSettings } from './collectors-plan.ts';

/** How long stopping waits for the record, in ms: a server that hangs must not keep the rest from being stopped. */
const FAREWELL_MS = 1_500;

export interface StandaloneParts {
  readonly config: Config;
  readonly plan: CollectorsPlan;
  /** Its storage directory. */
  readonly directory: string;
  readonly client: GraphqlClient;
  readonly key: () => Promise<PublisherKey>;
  readonly log: Logger;
}

/**
 * Collects on its own for a server that is reached over its API, which also keeps the record of it. What is collected
 * until the server is first reached is all there is, or nothing by a standby; from then on it is what the server wants.
 */
export async function startStandalone(parts: StandaloneParts): Promise<{ stop(): Promise<void> }> {
  const { config, plan, directory, client, key, log } = parts;
  const spool = new Spool(spoolSettings(config, directory));
  const sink = apiSink(client, async () => (await key()).publicKey);
  const collection = startCollection({
    sources: plan.open(spool),
    ...{ spool, log, sink, combine: plan.combine },
    selection: config.instance.standby ? new Set() : 'all',
  });
  const stop = async () => {
    await collection.stop();
    spool.close();
  };
  const record = new ApiRecord(client);
  const agent = agentOf(parts, collection, record, async (stream) =>
    record.numberOf(await sink.ensure(stream)),
  );
  try {
    await agent.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    stop: async () => {
      await Promise.race([agent.stop(), new Promise((late) => setTimeout(late, FAREWELL_MS).unref())]);
      await stop();
    },
  };
}

function agentOf(
  { config: { instance, collectors }, directory, log }: StandaloneParts,
  collection: Collection,
  record: ApiRecord,
  ensure: ConstructorParameters<typeof InstanceAgent>[0]['ensure'],
): InstanceAgent {
  const { environment, standby, heartbeatMs } = instance;
  return new InstanceAgent({
    // Tenant, host and key are the server's to say, by the token.
    ...{ tenant: '', record, collection, ensure, log, beatMs: heartbeatMs },
    instance: {
      ...{ name: instance.name ?? nameOf(directory), version: version(), environment, standby },
      ...{ host: '', port: null, storagePath: '', clientId: '' },
    },
    config: { file: collectors.file },
  });
}

/** The same through restarts, and another for each storage directory of a machine. */
function nameOf(directory: string): string {
  const hash = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 8);
  return `${hostname()
    .replace(/[^\w.-]/g, '-')
    .slice(0, 54)}-${hash}`;
}
