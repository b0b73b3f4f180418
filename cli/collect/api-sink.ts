import { itemCode, PresageError } from '../../schema/errors.ts';
import { notOurs } from '../../server/collectors/domain-sink.ts';
import type { Sink } from '../../server/collectors/sink.ts';
import type { NewStream } from '../../server/domain/stream/streams.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import {
  type CreateStreamInput,
  createStream,
  findStream,
  publishObservations,
} from '../client/operations.ts';

/** Publishes to a server over its API, as the peer of this public key. */
export function apiSink(client: GraphqlClient, publicKey: () => Promise<string>): Sink {
  const find = async (name: string) => (await client.request(findStream, { name })).stream;
  /** Another process may create it between our look and our call: then theirs is the one. */
  const create = async (stream: NewStream) => {
    try {
      return (await client.request(createStream, { input: inputOf(stream) })).createStream;
    } catch (error) {
      const found =
        error instanceof PresageError && error.code === 'CONFLICT' ? await find(stream.name) : null;
      if (found) return found;
      throw error;
    }
  };
  return {
    ensure: async (stream) => {
      const found = (await find(stream.name)) ?? (await create(stream));
      if (found.author !== (await publicKey())) throw notOurs(stream.name);
      return found.uuid;
    },
    publish: async (observations) => {
      const { publishObservations: answer } = await client.request(publishObservations, {
        input: { observations },
      });
      return answer.errors.map(({ index, code, message }) => ({ index, code: itemCode(code), message }));
    },
  };
}

function inputOf({
  name,
  description,
  secondary,
  target,
  meta,
  tags,
  cadenceSeconds,
}: NewStream): CreateStreamInput {
  return {
    name,
    ...(description != null && { description }),
    ...(secondary != null && { secondary }),
    ...(target != null && { target }),
    ...(meta != null && { meta }),
    ...(tags != null && { tags }),
    ...(cadenceSeconds != null && { cadenceSeconds }),
  };
}
