import { randomUUID } from 'node:crypto';
import { PresageError } from '../../../../schema/errors.ts';
import type { StreamDocument } from '../../../../schema/log-entry.ts';
import type { Domain } from '../../../domain/domain.ts';
import { matches } from '../match.ts';
import { pageOf } from './page.ts';
import type { MemoryStore } from './store.ts';

export function memoryStreams(store: MemoryStore): Domain['streams'] {
  return {
    create: async ({ peer }, input) => {
      if (store.streams.some(({ name }) => name === input.name)) {
        throw new PresageError('CONFLICT', `There is a stream "${input.name}" already.`);
      }
      const stream: StreamDocument = {
        serverId: store.streams.length + 1,
        uuid: randomUUID(),
        name: input.name,
        author: peer.publicKey,
        secondary: input.secondary ?? null,
        target: input.target ?? null,
        meta: input.meta ?? null,
        description: input.description ?? null,
        tags: input.tags ?? [],
        cadenceSeconds: input.cadenceSeconds ?? null,
        createdAt: 1_700_000_000_000,
        archivedAt: null,
      };
      store.streams.push(stream);
      return stream;
    },
    archive: async (_actor, uuid) => {
      const index = store.streams.findIndex((stream) => stream.uuid === uuid);
      const stream = store.streams[index];
      if (!stream) throw new PresageError('NOT_FOUND', `There is no stream ${uuid}.`);
      const archived = { ...stream, archivedAt: 1_700_000_000_000 };
      store.streams.splice(index, 1, archived);
      return archived;
    },
    find: async (_tenant, by) =>
      store.streams.find((stream) => ('uuid' in by ? stream.uuid === by.uuid : stream.name === by.name)),
    list: async (_tenant, filter, page) =>
      pageOf(
        store.streams.filter((stream) => matches(filter, { stream })),
        ({ serverId }) => serverId,
        page,
      ),
    changedSince: async () => ({ streams: store.streams, position: store.position, hasMore: false }),
  };
}
