import type { LogReader as GatewayLog, SnapshotItem } from '../../gateway/ports.ts';
import { lineageMatchable as matchable } from '../../gateway/streamer/change.ts';
import { compile } from '../../gateway/streamer/predicate.ts';
import { PresageError } from '../../schema/errors.ts';
import type { ConsensusDocument } from '../../schema/log-entry.ts';
import { consensusKey } from '../../schema/node-id.ts';
import type { ConsensusReader } from '../../server/domain/consensus/consensus-reader.ts';
import type { LogReader } from '../../server/domain/log/log-reader.ts';
import type { Timelines } from '../../server/domain/log/timelines.ts';
import { explainFailure } from '../../server/domain/log/unavailable.ts';

type AnyReader = Pick<LogReader, 'head' | 'read' | 'snapshot' | 'lineage'>;

/** One of the server's log readers as the gateway's port. A database in trouble is `UNAVAILABLE`. */
export function gatewayLog(
  reader: AnyReader,
  { consensus, timelines }: { consensus: ConsensusReader; timelines: Timelines },
): GatewayLog {
  const log = plainLog(reader, consensus);
  return {
    timelines: {
      cursor: (tenant, position) => timelines.cursor(tenant, position),
      resume: (tenant, cursor) => timelines.resume(tenant, cursor).catch(rethrow),
      of: (tenant, position) => timelines.of(tenant, position),
      continues: (place) => timelines.continues(place),
      saw: (tenant, position) => timelines.saw(tenant, position),
    },
    head: (tenant) => log.head(tenant).catch(rethrow),
    read: (request) => log.read(request).catch(rethrow),
    snapshot: async (request) => {
      const { position, pages } = await log.snapshot(request).catch(rethrow);
      return { position, pages: explained(pages) };
    },
  };
}

async function* explained<T>(pages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* pages;
  } catch (error) {
    rethrow(error);
  }
}

function rethrow(error: unknown): never {
  throw explainFailure(error);
}

function plainLog(reader: AnyReader, consensus: ConsensusReader): Omit<GatewayLog, 'timelines'> {
  return {
    head: (tenant) => reader.head(tenant),
    read: (request) => reader.read(request),
    snapshot: async ({ tenant, topic, filter }) => {
      if (topic === 'observation') return reader.snapshot(tenant, filter);
      if (topic === 'lineage') {
        const { position, items } = await reader.lineage(tenant);
        const matches = compile(filter);
        const matching = items.filter(({ document }) => matches(matchable(document)));
        return { position, pages: inOnePage(matching.sort((a, b) => a.position - b.position)) };
      }
      if (topic !== 'consensus') throw noSnapshot(topic);
      const { position, pages } = await consensus.snapshot(tenant, filter);
      return { position, pages: consensusItems(pages) };
    },
  };
}

async function* inOnePage<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  yield items;
}

async function* consensusItems(
  pages: AsyncIterable<readonly ConsensusDocument[]>,
): AsyncGenerator<readonly SnapshotItem[]> {
  for await (const documents of pages) {
    yield documents.map((document) => ({
      key: consensusKey(document.stream.serverId, document.base.observedAt),
      ts: document.updatedAt,
      document,
    }));
  }
}

function noSnapshot(topic: string): PresageError {
  return new PresageError('BAD_INPUT', `There is no snapshot of the topic ${topic}; subscribe without it.`);
}
