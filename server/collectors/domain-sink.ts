import { PresageError } from '../../schema/errors.ts';
import type { Actor } from '../domain/actor.ts';
import type { Domain } from '../domain/domain.ts';
import type { NewStream } from '../domain/stream/streams.ts';
import type { Sink } from './sink.ts';

/** Publishes by the way everyone does, within the process of the server. `actor` owns the collected streams. */
export function domainSink(
  { streams, observations }: Pick<Domain, 'streams' | 'observations'>,
  actor: Actor,
): Sink {
  const find = (name: string) => streams.find(actor.tenant, { name });
  /** Another process may create it between our look and our call: then theirs is the one. */
  const create = async (stream: NewStream) => {
    try {
      return await streams.create(actor, stream);
    } catch (error) {
      const found = await find(stream.name);
      if (found) return found;
      throw error;
    }
  };
  return {
    ensure: async (stream) => {
      const found = (await find(stream.name)) ?? (await create(stream));
      if (found.author !== actor.peer.publicKey) throw notOurs(stream.name);
      return found.uuid;
    },
    publish: async (items) => (await observations.publish(actor, items)).errors,
  };
}

export function notOurs(name: string): PresageError {
  return new PresageError(
    'FORBIDDEN',
    `The stream "${name}" belongs to another peer; collect it with that peer's key (PRESAGE_COLLECTOR_KEY), rename it, or switch it off.`,
  );
}
