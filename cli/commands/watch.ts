import { Command } from 'commander';
import { condition } from '../../schema/filter/condition.ts';
import { EVERYTHING, type Filter } from '../../schema/filter/form.ts';
import { fromSymbols } from '../../schema/filter/from-symbols.ts';
import { toWhere } from '../../schema/filter/to-where.ts';
import { type WatchedEvent, watchObservations } from '../client/operations.ts';
import { harmlessLine, say, tell } from '../say.ts';
import { stopRequests } from '../service/stop-requests.ts';
import { connect, withConnection } from './connection.ts';
import { repeatable } from './repeatable.ts';
import { isUuid } from './stream-reference.ts';

interface Options {
  readonly filter?: readonly string[];
  readonly stream?: readonly string[];
  readonly after?: string;
  readonly snapshot?: boolean;
  readonly json?: boolean;
}

export function watchCommand(): Command {
  const command = new Command('watch')
    .description('show observations live')
    .option(
      '--filter <expression>',
      'only what matches, such as "value>=100"; all of several must hold',
      repeatable,
    )
    .option('--stream <name or uuid>', 'only this stream; may be repeated', repeatable)
    .option('--after <cursor>', 'begin after this cursor instead of now')
    .option('--snapshot', 'begin with the newest observation of each stream')
    .option('--json', 'print one JSON object a line, cursor included')
    .addHelpText(
      'after',
      `
Operators of --filter: == != > >= < <= in array-contains, on value, observedAt, provider, hash, stream.name,
stream.uuid, stream.author, stream.secondary, stream.target, stream.tags.

Examples:
  $ presage watch --stream host_cpu_percent --snapshot
  $ presage watch --filter 'value>=100' --filter 'stream.tags array-contains host'
  $ presage watch --json --after "$(jq -r .cursor last-event.json)"`,
    )
    .action(async (options: Options) => {
      const stop = stopRequests();
      const show = options.json ? asJson : asText;
      try {
        // Loaded here, so that the other commands don't wait for it.
        const { watchLive } = await import('../watch/live.ts');
        await watchLive({
          client: connect(command),
          operation: watchObservations,
          eventOf: ({ observations }) => observations,
          variables: {
            where: whereOf(options),
            after: options.after ?? null,
            snapshot: options.snapshot === true,
          },
          onEvent: (event) => say(`${show(event)}\n`),
          onNotice: (notice) => tell(`presage: ${notice}\n`),
          signal: stop.signal,
        });
      } finally {
        stop.dispose();
      }
    });
  return withConnection(command);
}

function whereOf({ filter = [], stream = [] }: Options): object {
  const uuids = stream.filter(isUuid);
  const names = stream.filter((given) => !isUuid(given));
  const either: Filter[] = [];
  if (uuids.length > 0) either.push(condition('observation', 'stream.uuid', 'in', uuids));
  if (names.length > 0) either.push(condition('observation', 'stream.name', 'in', names));
  const parts = [fromSymbols('observation', filter), ...(either.length > 0 ? [anyOf(either)] : [])];
  return toWhere(parts.length === 1 ? (parts[0] ?? EVERYTHING) : { kind: 'and', of: parts });
}

function anyOf(filters: readonly Filter[]): Filter {
  const [only] = filters;
  return filters.length === 1 && only ? only : { kind: 'or', of: filters };
}

function asJson(event: WatchedEvent): string {
  return JSON.stringify(event);
}

function asText({ type, timestamp, observation }: WatchedEvent): string {
  if (!observation) return `${timestamp}  ${type}`;
  const { stream, value, observedAt } = observation;
  return `${observedAt}  ${harmlessLine(stream.name)}  ${value}${type === 'CREATE' ? '' : `  ${type}`}`;
}
