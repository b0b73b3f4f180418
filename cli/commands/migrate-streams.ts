import { Command } from 'commander';
import { PresageError } from '../../schema/errors.ts';
import { formatTime } from '../../schema/time.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import { EXIT } from '../exit-codes.ts';
import {
  createStreams,
  existingStreams,
  planSplit,
  publishSplit,
  type SplitOptions,
} from '../migrate/split.ts';
import type { SplitPlan } from '../migrate/split-plan.ts';
import { say, tell } from '../say.ts';
import { stopRequests } from '../service/stop-requests.ts';
import { table } from '../table.ts';
import { connect, withConnection } from './connection.ts';
import { repeatable } from './repeatable.ts';

interface Options {
  readonly apply?: boolean;
  readonly uuid?: string;
  readonly prefix: string;
  readonly tag?: readonly string[];
  readonly table: string;
  readonly uuidColumn: string;
  readonly nameColumn: string;
  readonly tsColumn: string;
  readonly valueColumn: string;
  readonly json?: boolean;
}

export function migrateStreamsCommand(): Command {
  const command = new Command('migrate-streams')
    .description('split old data that was filed under one shared uuid into streams of their own, by name')
    .argument('<file>', 'a CSV file with a header, or a SQLite database')
    .option('--apply', 'do it; otherwise it is only shown what would be done')
    .option('--uuid <old uuid>', 'only rows of this old uuid')
    .option('--prefix <text>', 'put before every name', '')
    .option('--tag <tag>', 'a tag of the streams that are created; may be repeated', repeatable)
    .option('--table <name>', 'table of a SQLite database', 'observations')
    .option('--uuid-column <name>', 'column of the old uuid', 'uuid')
    .option('--name-column <name>', 'column of the name', 'name')
    .option('--ts-column <name>', 'column of the time', 'ts')
    .option('--value-column <name>', 'column of the value', 'value')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Each row is uuid, name, ts, value: ts is ISO 8601 with a zone or a Unix time, as presage publish --csv takes it. Each name
becomes a stream with a uuid that the server makes; its meta says which one the rows were filed under. Run again it goes
on where it was: what the server has counts as a duplicate.

Examples:
  $ presage migrate-streams old.csv
  $ presage migrate-streams engine.db --table history --name-column provider --apply

Exit codes: 0 if everything is (or could be) migrated, 1 if something could not, 130 if interrupted.`,
    )
    .action(async (file: string, options: Options) => {
      const client = connect(command);
      await client.signIn();
      await migrate(client, file, options);
    });
  return withConnection(command);
}

async function migrate(client: GraphqlClient, file: string, options: Options): Promise<void> {
  const { prefix, uuid, apply = false, json = false, tag = [] } = options;
  const split: SplitOptions = {
    source: {
      ...{ file, table: options.table },
      columns: {
        ...{ uuid: options.uuidColumn, name: options.nameColumn },
        ...{ ts: options.tsColumn, value: options.valueColumn },
      },
    },
    ...{ uuid, prefix },
    onBad: (line, message) => tell(`presage: ${file}:${line}: ${message}\n`),
  };
  const plan = await planSplit(split);
  refuseAmbiguous(plan);
  if (plan.streams.size === 0) {
    throw new PresageError('BAD_INPUT', `${file} has no rows${uuid === undefined ? '' : ` of ${uuid}`}.`);
  }
  const existing = await existingStreams(client, plan, prefix);
  if (!apply) {
    say(json ? `${JSON.stringify(planned(plan, prefix, existing))}\n` : shown(plan, prefix, existing));
    if ([...plan.streams.values()].some(({ bad }) => bad > 0)) process.exitCode = EXIT.failure;
    return;
  }
  const missing = [...plan.streams.values()].filter(
    ({ name }) => name.trim() !== '' && !existing.get(prefix + name.trim()),
  );
  await createStreams(client, missing, prefix, tag);
  const stop = stopRequests();
  try {
    const counts = await publishSplit(client, split, stop.signal);
    const streams = planned(plan, prefix, await existingStreams(client, plan, prefix));
    say(
      json
        ? `${JSON.stringify({ ...counts, created: missing.length, streams })}\n`
        : `${missing.length} streams created; ${counts.published} published, ${counts.duplicates} there already, ${counts.failed} failed.\n`,
    );
    if (stop.signal.aborted) process.exitCode = EXIT.interrupted;
    else if (counts.failed > 0) process.exitCode = EXIT.failure;
  } finally {
    stop.dispose();
  }
}

function refuseAmbiguous(plan: SplitPlan): void {
  const [name] = plan.ambiguous();
  if (name === undefined) return;
  const uuids = [...plan.streams.values()].filter((stream) => stream.name === name).map(({ uuid }) => uuid);
  throw new PresageError(
    'BAD_INPUT',
    `"${name}" stands under several uuids (${uuids.slice(0, 3).join(', ')}); take one at a time with --uuid, and --prefix to keep the names apart.`,
  );
}

type Existing = ReadonlyMap<string, { readonly uuid: string }>;

function planned(plan: SplitPlan, prefix: string, existing: Existing) {
  return [...plan.streams.values()].map(({ uuid, name, rows, bad, first, last }) => ({
    ...{
      oldUuid: uuid,
      name: prefix + name.trim(),
      uuid: existing.get(prefix + name.trim())?.uuid ?? null,
      rows,
      bad,
    },
    ...{ first: first === null ? null : formatTime(first), last: last === null ? null : formatTime(last) },
  }));
}

function shown(plan: SplitPlan, prefix: string, existing: Existing): string {
  const rows = planned(plan, prefix, existing).map(
    ({ oldUuid, name, uuid, rows: count, bad, first, last }) => [
      ...[oldUuid, name, uuid ?? 'to be created', String(count), String(bad), first ?? '-', last ?? '-'],
    ],
  );
  const head = ['OLD UUID', 'STREAM', 'NEW UUID', 'ROWS', 'BAD', 'FIRST', 'LAST'];
  return `${table([head, ...rows])}Nothing was changed; run it again with --apply.\n`;
}
