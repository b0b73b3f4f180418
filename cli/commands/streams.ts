import { Command } from 'commander';
import { PresageError } from '../../schema/errors.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import { listStreams, type ShownStream } from '../client/operations.ts';
import { say, tell } from '../say.ts';
import { table } from '../table.ts';
import { connect, withConnection } from './connection.ts';
import { mustBeFound, whereNamed } from './named-streams.ts';
import { repeatable } from './repeatable.ts';
import { createStreamCommand } from './streams-create.ts';

/** Streams asked for at once. */
const PAGE = 100;

interface Options {
  readonly tag?: readonly string[];
  readonly name?: string;
  readonly author?: string;
  readonly uuid?: string;
  readonly json?: boolean;
}

export function streamsCommand(): Command {
  const command = new Command('streams')
    .description('list the streams, or create one')
    .argument('[streams...]', 'only these, by name or uuid')
    .enablePositionalOptions()
    .option('--tag <tag>', 'only streams with this tag; may be repeated', repeatable)
    .option('--name <text>', 'only streams with this in their name')
    .option('--author <public key>', 'only streams of this peer')
    .option('--uuid <uuid>', 'only the stream of this uuid')
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  $ presage streams
  $ presage streams temperature host_cpu_percent
  $ presage streams --tag host --name cpu --json
  $ presage streams create temperature --tag home --cadence 60

The exit code is 1 if one of the streams that are named is not there, or none meets the options.`,
    )
    .action(async (named: readonly string[], { tag = [], name, author, uuid, json }: Options) => {
      const where = {
        and: [
          ...(named.length > 0 ? [whereNamed(named)] : []),
          ...tag.map((contains) => ({ tags: { contains } })),
          ...(name === undefined ? [] : [{ name: { contains: name } }]),
          ...(author === undefined ? [] : [{ author: { eq: author } }]),
          ...(uuid === undefined ? [] : [{ uuid: { eq: uuid } }]),
        ],
      };
      const streams = await everyStream(connect(command), where);
      if (json) say(streams.map((stream) => `${JSON.stringify(stream)}\n`).join(''));
      else if (streams.length > 0) say(shown(streams));
      mustBeFound(named, streams);
      if (streams.length > 0) return;
      // Nothing there yet is no failure; nothing of what was asked for is.
      if (where.and.length > 0) throw new PresageError('NOT_FOUND', 'No stream meets these conditions.');
      if (!json) tell('presage: there are no streams yet\n');
    });
  return withConnection(command).addCommand(createStreamCommand());
}

async function everyStream(client: GraphqlClient, where: object): Promise<readonly ShownStream[]> {
  const found: ShownStream[] = [];
  let after: string | null = null;
  for (;;) {
    const { streams }: { streams: StreamPage } = await client.request(listStreams, {
      where,
      first: PAGE,
      after,
    });
    found.push(...streams.edges.map(({ node }) => node));
    after = streams.pageInfo.endCursor;
    if (!streams.pageInfo.hasNextPage || after === null) return found;
  }
}

interface StreamPage {
  readonly edges: readonly { readonly node: ShownStream }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

function shown(streams: readonly ShownStream[]): string {
  const head = ['NAME', 'LATEST', 'OBSERVED AT', 'EVERY', 'TAGS', 'UUID'];
  const rows = streams.map(({ name, latest, cadenceSeconds, tags, uuid }) => [
    name,
    latest?.value ?? '-',
    latest?.observedAt ?? '-',
    cadenceSeconds === null ? '-' : `${cadenceSeconds} s`,
    tags.join(','),
    uuid,
  ]);
  return table([head, ...rows]);
}
