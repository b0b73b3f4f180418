import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { type Collection, startCollection } from '../../server/collectors/collection.ts';
import { domainSink } from '../../server/collectors/domain-sink.ts';
import { hostSources } from '../../server/collectors/host/host.ts';
import type { ScheduledSource } from '../../server/collectors/source.ts';
import { Spool } from '../../server/collectors/spool/spool.ts';
import type { Actor } from '../../server/domain/actor.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import type { NewStream } from '../../server/domain/stream/streams.ts';
import { collectorsPlan, spoolSettings } from '../collect/collectors-plan.ts';
import type { Config } from '../config/config.ts';
import { collectorActor } from './collector-actor.ts';

/** A collection and the spool that is only its own. */
export interface RunningCollectors {
  readonly collection: Collection;
  /** Makes sure of a stream and gives its server id. */
  readonly ensure: (stream: NewStream) => Promise<number>;
  /** The peer that owns what is collected. */
  readonly actor: Actor;
  /** Ends both. */
  stop(): Promise<void>;
}

/** The collection of a server, whose observations go straight to the domain; `undefined` if nothing is to be collected. */
export async function startCollectors(
  config: Config,
  domain: OpenDomain,
  log: Logger,
): Promise<RunningCollectors | undefined> {
  const plan = collectorsPlan(config);
  if (!plan && config.collectors.collect === 'none') return undefined;
  const { dataDir } = config.server;
  const actor = await collectorActor(
    domain.peers,
    resolve(config.collectors.keyFile ?? join(dataDir, 'collector.key')),
  );
  const sink = domainSink(domain, actor);
  const ensure = async (stream: NewStream) => {
    await sink.ensure(stream);
    const found = await domain.streams.find(actor.tenant, { name: stream.name });
    if (!found) throw new Error(`the stream ${stream.name} is gone`);
    return found.serverId;
  };
  const spool = new Spool(spoolSettings(config, dataDir));
  try {
    const collection = startCollection({
      sources: [...machineSources(config), ...(plan?.open(spool) ?? [])],
      ...{ spool, log, sink },
      // The instance says what is wanted, once it has asked.
      selection: new Set(),
      ...(plan && { combine: plan.combine }),
    });
    return {
      ...{ collection, ensure, actor },
      stop: async () => {
        await collection.stop();
        spool.close();
      },
    };
  } catch (error) {
    spool.close();
    throw error;
  }
}

function machineSources({ collectors, server }: Config): readonly ScheduledSource[] {
  if (collectors.collect === 'none') return [];
  const { intervalMs } = collectors;
  const schedule = { kind: 'interval', everyMs: intervalMs, jitterMs: 0 } as const;
  return hostSources({ intervalMs, diskPath: server.dataDir }).map((source) => ({ source, schedule }));
}
