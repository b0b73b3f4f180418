import { Command } from 'commander';
import { PresageError } from '../../schema/errors.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import type { BufferVariables } from '../client/lineage-operations.ts';
import { findStream } from '../client/operations.ts';
import { tell } from '../say.ts';
import { isUuid } from './stream-reference.ts';

/** What a command asks the storage of instances for. */
export interface RangeOptions {
  readonly last?: string;
  readonly from?: string;
  readonly to?: string;
  readonly instance?: string;
  readonly json?: boolean;
}

/** A command about what instances keep of a stream in some range. */
export function rangeCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<stream>', 'name or uuid of the stream')
    .option('--last <duration>', 'of this last while: 90m, 1h, 7d')
    .option('--from <time>', 'at this time and later, such as 2026-01-31T12:00:00Z')
    .option('--to <time>', 'at this time and earlier')
    .option('--instance <name>', 'only the storage of this instance');
}

/** The variables of the first page. Throws `NOT_FOUND`, and `BAD_INPUT` where no range is given. */
export async function rangeVariables(
  client: GraphqlClient,
  stream: string,
  { last, from, to, instance }: RangeOptions,
): Promise<BufferVariables> {
  if (last === undefined && from === undefined) {
    throw new PresageError('BAD_INPUT', 'Say of when: --last 1h, or --from TIME (and --to TIME).');
  }
  return {
    stream: await uuidOf(client, stream),
    ...{ last: last ?? null, from: from ?? null, to: to ?? null, instance: instance ?? null },
    ...{ after: null, first: 1_000 },
  };
}

/** The uuid of a stream by its name or uuid. Throws `NOT_FOUND`. */
export async function uuidOf(client: GraphqlClient, stream: string): Promise<string> {
  if (isUuid(stream)) return stream;
  const { stream: found } = await client.request(findStream, { name: stream });
  if (found) return found.uuid;
  throw new PresageError('NOT_FOUND', `There is no stream "${stream}"; presage streams lists them.`);
}

/** Names the instances that could not be read; whether there are any. */
export function complain(instances: readonly { name: string; unreachable: string | null }[]): boolean {
  const unreachable = instances.filter((instance) => instance.unreachable !== null);
  for (const { name, unreachable: why } of unreachable) {
    tell(`presage: The storage of ${name} could not be read: ${why}\n`);
  }
  return unreachable.length > 0;
}
