import { Command, Option } from 'commander';
import { parseDuration } from '../../schema/duration.ts';
import { PresageError } from '../../schema/errors.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import {
  findGaps,
  listInstances,
  readTimeline,
  retireInstance,
  type StretchVariables,
  whoCollected,
} from '../client/lineage-questions.ts';
import { table } from '../table.ts';
import { connect, withConnection } from './connection.ts';
import { uuidOf } from './lineage-range.ts';
import { connectAsOperator, withOperator } from './operator-connection.ts';
import { wholeNumber } from './whole-number.ts';

interface StretchOptions {
  readonly last?: string;
  readonly from?: string;
  readonly to?: string;
  readonly first: number;
  readonly json?: boolean;
}

export function lineageInstancesCommand(): Command {
  const command = new Command('instances')
    .description('list the server instances that collect, and what')
    .option('--retired', 'retired ones too')
    .option('--json', 'print one JSON object a line')
    .action(async ({ retired, json }: { retired?: boolean; json?: boolean }) => {
      const client = await signedIn(command);
      const { serverInstances } = await client.request(listInstances, { retired: retired === true });
      print(json, serverInstances, [
        ['NAME', 'STATE', 'VERSION', 'COLLECTS', 'WANTED', 'CAN', 'SEEN AT'],
        ...serverInstances.map(({ instance, alive, seenAt, offers }) => [
          ...[instance.name, instance.retiredAt ? 'retired' : alive ? 'alive' : 'silent', instance.version],
          String(offers.filter(({ collecting }) => collecting).length),
          String(offers.filter(({ wanted }) => wanted).length),
          ...[String(offers.length), seenAt],
        ]),
      ]);
    });
  return withConnection(command);
}

export function lineageWhoCommand(): Command {
  const command = new Command('who')
    .description('who was collecting a stream at an instant')
    .argument('<stream>', 'name or uuid of the stream')
    .option('--at <time>', 'the instant, such as 2026-01-31T12:00:00Z (default: now)')
    .option('--json', 'print one JSON object a line')
    .action(async (stream: string, { at, json }: { at?: string; json?: boolean }) => {
      const client = await signedIn(command);
      const variables = { stream: await uuidOf(client, stream), at: at ?? null };
      const { collecting } = await client.request(whoCollected, variables);
      print(json, collecting, [HEAD, ...collecting.map(row)]);
    });
  return withConnection(command);
}

export function lineageTimelineCommand(): Command {
  const command = stretchOptions(new Command('timeline'))
    .description('the sessions that collected a stream, or anything, in a stretch of time')
    .action(async (stream: string | undefined, options: StretchOptions) => {
      const client = await signedIn(command);
      const { timeline } = await client.request(readTimeline, await stretch(client, stream, options));
      if (options.json) {
        process.stdout.write(`${JSON.stringify(timeline)}\n`);
        return;
      }
      const { sessions, total, coveredMs, from, to } = timeline;
      print(
        false,
        [],
        [[...HEAD, 'DURATION'], ...sessions.map((one) => [...row(one), seconds(one.durationMs)])],
      );
      const length = Date.parse(to) - Date.parse(from);
      const share = length > 0 ? ((100 * coveredMs) / length).toFixed(2) : '0.00';
      process.stdout.write(
        `${sessions.length} of ${total} sessions; ${share} % of ${from} to ${to} was covered.\n`,
      );
    });
  return withConnection(command);
}

export function lineageGapsCommand(): Command {
  const command = stretchOptions(new Command('gaps'))
    .description('when nobody was collecting, and where observations lie too far apart')
    .addOption(new Option('--kind <kind>', 'only gaps of this kind').choices(['coverage', 'data']))
    .option('--min <duration>', 'leave shorter ones out: 30s, 5m')
    .option('--cadences <number>', "how many times the stream's cadence is no gap yet", Number, 3)
    .addHelpText(
      'after',
      `
Examples:
  $ presage lineage gaps kraken_btc --last 7d --min 1m
  $ presage lineage gaps --from 2026-01-01T00:00:00Z --kind coverage`,
    )
    .action(
      async (
        stream: string | undefined,
        options: StretchOptions & { kind?: string; min?: string; cadences: number },
      ) => {
        const client = await signedIn(command);
        const { gaps } = await client.request(findGaps, {
          ...(await stretch(client, stream, options)),
          ...{ kind: options.kind?.toUpperCase() ?? null, cadences: options.cadences },
          minSeconds: options.min === undefined ? 0 : duration(options.min) / 1_000,
        });
        print(options.json, gaps, [
          ['STREAM', 'KIND', 'FROM', 'TO', 'DURATION', 'OPEN'],
          ...gaps.map((gap) => [
            ...[gap.stream.name, gap.kind.toLowerCase(), gap.from, gap.to],
            ...[seconds(gap.durationMs), gap.open ? 'yes' : ''],
          ]),
        ]);
      },
    );
  return withConnection(command);
}

export function lineageRetireCommand(): Command {
  const command = new Command('retire')
    .description('for operators: free the name, host and port of an instance')
    .argument('<instance>', 'its name')
    .action(async (instance: string) => {
      await connectAsOperator(command).request(retireInstance, { instance });
      process.stdout.write(`Retired ${instance}.\n`);
    });
  return withOperator(command);
}

const HEAD = ['INSTANCE', 'SESSION', 'STATUS', 'FROM', 'TO', 'MESSAGES'];

function row(one: {
  instance: { name: string };
  session: number;
  status: string;
  startedAt: string;
  endedAt: string;
  open: boolean;
  messages: number;
}): string[] {
  const { instance, session, status, startedAt, endedAt, open, messages } = one;
  const to = open ? 'now' : endedAt;
  return [instance.name, String(session), status.toLowerCase(), startedAt, to, String(messages)];
}

function stretchOptions(command: Command): Command {
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

async function stretch(
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

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new PresageError('BAD_INPUT', `"${text}" is no duration; write it as 30s, 90m, 1h or 7d.`);
}

async function signedIn(command: Command): Promise<GraphqlClient> {
  const client = connect(command);
  await client.signIn();
  return client;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`;
}

function print(
  json: boolean | undefined,
  items: readonly object[],
  rows: readonly (readonly string[])[],
): void {
  process.stdout.write(json ? items.map((item) => `${JSON.stringify(item)}\n`).join('') : table(rows));
}
