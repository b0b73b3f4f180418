import { Command } from 'commander';
import { PresageError } from '../../schema/errors.ts';
import { formatTime } from '../../schema/time.ts';
import { parseTimestamp } from '../../server/collectors/csv/timestamp.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import { createStream, findStream } from '../client/operations.ts';
import { EXIT } from '../exit-codes.ts';
import { fileProgress } from '../publish/progress.ts';
import { publish, publishCsv } from '../publish/publish-csv.ts';
import { say, tell } from '../say.ts';
import { stopRequests } from '../service/stop-requests.ts';
import { connect, withConnection } from './connection.ts';
import { isUuid, streamReference } from './stream-reference.ts';

interface Options {
  readonly at?: string;
  readonly csv?: string;
  readonly create?: boolean;
  readonly json?: boolean;
}

export function publishCommand(): Command {
  const command = new Command('publish')
    .description('publish one observation, or a CSV file of them')
    .argument('<stream>', 'name or uuid of the stream')
    .argument('[value]', 'an exact decimal, such as 12.5')
    .option(
      '--at <time>',
      'when it was observed, such as 2026-01-31T12:00:00Z, or as in a file (default: now)',
    )
    .option('--csv <file>', 'rows of ts,value; a header is optional')
    .option('--create', 'create the stream if it is missing')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
In a file, ts is ISO 8601 with a zone, a date (midnight in UTC), or a Unix time: in seconds if it has a fraction or is
below 100000000000, in milliseconds otherwise. A bad row is reported with its line and costs only itself. What the server
has already counts as a duplicate, so an import that was interrupted goes on when it is run again.

Examples:
  $ presage publish temperature 21.5 --create
  $ presage publish temperature -3.25 --at 2026-01-31T12:00:00Z
  $ presage publish temperature --csv history.csv

Exit codes: 0 if everything is published or was there already, 1 if something failed, 130 if interrupted.`,
    )
    .action(async (stream: string, value: string | undefined, options: Options) => {
      if ((value === undefined) === (options.csv === undefined)) {
        throw new PresageError('BAD_INPUT', 'Give either a value or --csv FILE; see presage publish --help.');
      }
      const at = options.at === undefined ? undefined : observedAt(options.at, options.csv);
      const client = connect(command);
      await client.signIn();
      if (options.create) await ensureStream(client, stream);
      if (options.csv !== undefined) await publishFile(client, stream, options.csv, options.json === true);
      else await publishValue(client, stream, value ?? '', at, options.json === true);
    });
  return withConnection(command);
}

function observedAt(text: string, csv: string | undefined): string {
  if (csv !== undefined)
    throw new PresageError('BAD_INPUT', '--at goes with a value; the rows of a file have times.');
  const time = parseTimestamp(text);
  if (time !== undefined) return formatTime(time);
  throw new PresageError(
    'BAD_INPUT',
    `--at ${text}: write a time with a zone, such as 2026-01-31T12:00:00Z, a date or a Unix time.`,
  );
}

async function ensureStream(client: GraphqlClient, name: string): Promise<void> {
  if (isUuid(name)) {
    throw new PresageError('BAD_INPUT', '--create needs a name: the server makes the uuid.');
  }
  const { stream } = await client.request(findStream, { name });
  if (stream) return;
  try {
    await client.request(createStream, { input: { name } });
  } catch (error) {
    // Somebody else created it meanwhile; whether we may publish on it, the server says.
    if (!(error instanceof PresageError) || error.code !== 'CONFLICT') throw error;
  }
}

async function publishValue(
  client: GraphqlClient,
  stream: string,
  value: string,
  at: string | undefined,
  json: boolean,
): Promise<void> {
  const result = await publish(client, [
    { ...streamReference(stream), value, ...(at !== undefined && { observedAt: at }) },
  ]);
  const failure = result.errors.find((error) => error.code !== 'DUPLICATE');
  if (json) say(`${JSON.stringify(result)}\n`);
  else if (!failure) say(result.duplicates > 0 ? 'It was there already.\n' : 'Published.\n');
  if (!failure) return;
  if (!json) tell(`presage: ${failure.code}: ${failure.message}\n`);
  process.exitCode = EXIT.failure;
}

async function publishFile(
  client: GraphqlClient,
  stream: string,
  file: string,
  json: boolean,
): Promise<void> {
  const stop = stopRequests();
  const progress = fileProgress(process.stderr);
  try {
    const { interrupted, ...counts } = await publishCsv({
      client,
      file,
      stream: streamReference(stream),
      signal: stop.signal,
      onProgress: progress.at,
      onFailure: ({ line, code, message }) => progress.note(`${file}:${line}: ${code}: ${message}`),
    });
    progress.end();
    const words = `${counts.published} published, ${counts.duplicates} there already, ${counts.failed} failed`;
    say(json ? `${JSON.stringify({ ...counts, interrupted })}\n` : `${words}.\n`);
    if (interrupted) {
      tell('presage: Interrupted; run it again to go on.\n');
      process.exitCode = EXIT.interrupted;
    } else if (counts.failed > 0) process.exitCode = EXIT.failure;
  } finally {
    progress.end();
    stop.dispose();
  }
}
