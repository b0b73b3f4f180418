import type { Command } from 'commander';
import { parseDuration } from '../../schema/duration.ts';
import { PresageError } from '../../schema/errors.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import type { StretchVariables } from '../client/lineage-questions.ts';
import { say } from '../say.ts';
import { table } from '../table.ts';
import { connect } from './connection.ts';
import { uuidOf } from './lineage-range.ts';
import { wholeNumber } from './whole-number.ts';

/** What a question about a stretch of time takes. */
export interface StretchOptions {
  readonly last?: string;
  readonly from?: string;
  readonly to?: string;
  readonly first: number;
  readonly json?: boolean;
}

/** The options of a question about a stretch of time. */
export function stretchOptions(command: Command): Command {
  return command
    .argument('[stream]', 'name or uuid of the stream (default: all)')
    .option('--last <duration>', 'of this last while: 90m, 1h, 7d (default: 1d)')
    .option('--from <time>', 'at this time and later, such as 2026-01-31T12:00:00Z')
    .option('--to <time>', 'before this time (default: now)')
    .option(
      '--first <number>',
      'print so many at most',
      (text: string) => wholeNumber('--first', text),
      1_000,
    )
    .option('--json', 'print JSON');
}

/** The stretch that was asked about. Throws `NOT_FOUND`, and `BAD_INPUT` for what is none. */
export async function stretch(
  client: GraphqlClient,
  stream: string | undefined,
  { last, from, to, first }: StretchOptions,
): Promise<StretchVariables> {
  if (last !== undefined && (from !== undefined || to !== undefined)) {
    throw new PresageError('BAD_INPUT', 'Give --last, or --from and --to, not both.');
  }
  const since = last === undefined ? null : new Date(Date.now() - duration(last)).toISOString();
  return {
    stream: stream === undefined ? null : await uuidOf(client, stream),
    ...{ from: from ?? since, to: to ?? null, first },
  };
}

/** A duration in ms. Throws `BAD_INPUT`. */
export function duration(text: string, units?: Parameters<typeof parseDuration>[1]): number {
  const ms = parseDuration(text, units);
  if (ms !== undefined) return ms;
  throw new PresageError('BAD_INPUT', `"${text}" is no duration; write it as 30s, 90m, 1h or 7d.`);
}

export async function signedIn(command: Command): Promise<GraphqlClient> {
  const client = connect(command);
  await client.signIn();
  return client;
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`;
}

/** Prints a line of JSON an item, or a table; `none` where there is nothing. */
export function print(
  json: boolean | undefined,
  items: readonly object[],
  rows: readonly (readonly string[])[],
  none: string,
): void {
  if (json) say(items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  else say(items.length === 0 ? `${none}\n` : table(rows));
}
