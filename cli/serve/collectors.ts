import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Collection, startCollection } from '../../server/collectors/collection.ts';
import { domainSink } from '../../server/collectors/domain-sink.ts';
import { hostSources } from '../../server/collectors/host/host.ts';
import { Spool } from '../../server/collectors/spool/spool.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import type { Config } from '../config/config.ts';
import { collectorActor } from './collector-actor.ts';

/** A collection and the spool that is only its own. */
interface RunningCollectors {
  readonly collection: Collection;
  /** Ends both. */
  stop(): Promise<void>;
}

/** The collection of a server, whose observations go straight to the domain. */
export async function startCollectors(
  config: Config,
  domain: OpenDomain,
  log: Logger,
): Promise<RunningCollectors> {
  const { intervalMs } = config.collectors;
  const { dataDir } = config.server;
  const actor = await collectorActor(domain.peers, join(dataDir, 'collector.key'));
  const spool = new Spool({ directory: dataDir, maxBytes: 1_073_741_824, retentionMs: 604_800_000 });
  const schedule = { kind: 'interval', everyMs: intervalMs, jitterMs: 0 } as const;
  const collection = startCollection({
    sources: hostSources({ intervalMs, diskPath: dataDir }).map((source) => ({ source, schedule })),
    ...{ spool, log, sink: domainSink(domain, actor) },
  });
  return {
    collection,
    stop: async () => {
      await collection.stop();
      spool.close();
    },
  };
}
