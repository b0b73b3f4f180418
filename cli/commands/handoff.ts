import { setTimeout } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { PresageError } from '../../schema/errors.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import {
  abortHandoff,
  advanceHandoff,
  type HandoffInput,
  listHandoffs,
  planHandoff,
  type ShownHandoff,
  startHandoff,
} from '../client/handoff-operations.ts';
import { whileUnavailable } from '../client/retry.ts';
import { EXIT } from '../exit-codes.ts';
import { say } from '../say.ts';
import { table } from '../table.ts';
import { uuidOf } from './lineage-range.ts';
import { connectAsOperator, withOperator } from './operator-connection.ts';
import { wholeNumber } from './whole-number.ts';

/** Pace at which the command asks how far it is, in ms. */
const PACE_MS = 300;
/** How long the server may be away while a handoff is watched: it goes on without us. */
const PATIENCE = { firstMs: 200, maxMs: 2_000, attempts: 200, signal: new AbortController().signal };

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly type: 'blue_green' | 'rolling' | 'maintenance';
  readonly streams?: string;
  readonly stepTimeout: number;
  readonly window: number;
  readonly dryRun?: boolean;
  readonly resume?: boolean;
  readonly abort?: boolean;
  readonly list?: boolean;
}

export function handoffCommand(): Command {
  const command = new Command('handoff')
    .description('for operators: hand what one server instance collects to another, without a gap')
    .option('--from <instance>', 'the instance that hands over')
    .option('--to <instance>', 'the instance that takes over')
    .addOption(
      new Option(
        '--type <type>',
        'blue_green: all at once; rolling: stream by stream; maintenance: stop first',
      )
        .choices(['blue_green', 'rolling', 'maintenance'])
        .default('blue_green'),
    )
    .option('--streams <names>', 'names or uuids, separated by commas (default: all that it should collect)')
    .option('--step-timeout <seconds>', 'undo it if a step takes longer', whole('--step-timeout'), 60)
    .option('--window <seconds>', 'of a maintenance: how long nobody may collect', whole('--window'), 300)
    .option('--dry-run', 'say what would be done, and what speaks against it')
    .option('--resume', 'go on with a handoff that is under way')
    .option('--abort', 'undo a handoff that is under way: the source collects again')
    .option('--list', 'list the handoffs')
    .addHelpText(
      'after',
      `
Servers drive a handoff on if this command is gone; the same command again goes on watching. Exits with 1 if it was undone.

Examples:
  $ presage handoff --from east --to west --dry-run
  $ presage handoff --from east --to west --type rolling
  $ presage handoff --resume`,
    )
    .action(async (options: Options) => {
      const client = connectAsOperator(command);
      await client.signIn();
      if (options.list) return list(client);
      if (options.resume || options.abort) {
        const handoff = await unfinished(client, options);
        if (options.abort) await client.request(abortHandoff, { handoff: handoff.uuid });
        return follow(client, handoff.uuid);
      }
      const input = await inputOf(client, options);
      if (options.dryRun) return plan(client, input);
      const { handoff } = await client.request(startHandoff, { input });
      say(`Handoff ${handoff.uuid}: ${counted(handoff.streams.length)} from ${input.from} to ${input.to}.\n`);
      return follow(client, handoff.uuid);
    });
  return withOperator(command);
}

async function inputOf(
  client: GraphqlClient,
  { from, to, type, streams, stepTimeout, window }: Options,
): Promise<HandoffInput> {
  if (from === undefined || to === undefined) {
    throw new PresageError('BAD_INPUT', 'Say from which instance to which: --from A --to B.');
  }
  const names = streams?.split(',').map((name) => name.trim()) ?? null;
  return {
    ...{ from, to, strategy: type.toUpperCase(), stepTimeoutSeconds: stepTimeout, windowSeconds: window },
    streams: names && (await Promise.all(names.map((name) => uuidOf(client, name)))),
  };
}

async function plan(client: GraphqlClient, input: HandoffInput): Promise<void> {
  const { handoffPlan } = await client.request(planHandoff, { input });
  const { streams, steps, problems } = handoffPlan;
  say(`Would hand over ${streams.map(({ name }) => name).join(', ') || 'nothing'}.\n`);
  say(`Steps: ${steps.join(' > ')}\n`);
  for (const problem of problems) say(`Problem: ${problem}\n`);
  if (problems.length > 0) process.exitCode = EXIT.failure;
}

async function unfinished(client: GraphqlClient, { from, to }: Options): Promise<ShownHandoff> {
  const { handoffs } = await client.request(listHandoffs, { unfinished: true });
  const [found, ...more] = handoffs.filter(
    ({ source, target }) =>
      (from === undefined || source.name === from) && (to === undefined || target.name === to),
  );
  if (found && more.length === 0) return found;
  throw new PresageError(
    found ? 'BAD_INPUT' : 'NOT_FOUND',
    found ? 'Several handoffs are under way; say which by --from and --to.' : 'No handoff is under way.',
  );
}

/** Drives it on, and prints each step when it begins and when it ends, until it is over. */
async function follow(client: GraphqlClient, handoff: string): Promise<void> {
  const shown = new Set<string>();
  let waited = '';
  for (;;) {
    const { handoff: now } = await whileUnavailable(PATIENCE, () =>
      client.request(advanceHandoff, { handoff }),
    );
    for (const { number, step, status, notes } of now.events) {
      const line = `${number} ${status}`;
      if (shown.has(line)) continue;
      shown.add(line);
      say(`${step}: ${status.toLowerCase()}${notes ? `: ${notes}` : ''}\n`);
    }
    if (now.finishedAt !== null) return conclude(now);
    if (now.waitingFor !== null && now.waitingFor !== waited) {
      waited = now.waitingFor;
      say(`  waits for ${waited}\n`);
    }
    await setTimeout(PACE_MS);
  }
}

function conclude({ state, reason }: ShownHandoff): void {
  if (state === 'completed') {
    say('Completed.\n');
    return;
  }
  say(`Undone: ${reason ?? 'no reason is known'}\n`);
  process.exitCode = EXIT.failure;
}

async function list(client: GraphqlClient): Promise<void> {
  const { handoffs } = await client.request(listHandoffs, { unfinished: false });
  say(
    table([
      ['HANDOFF', 'FROM', 'TO', 'TYPE', 'STREAMS', 'STATE', 'STARTED AT'],
      ...handoffs.map(({ uuid, source, target, strategy, streams, state, startedAt }) => [
        ...[uuid, source.name, target.name, strategy.toLowerCase(), String(streams.length), state, startedAt],
      ]),
    ]),
  );
}

function counted(streams: number): string {
  return streams === 1 ? 'one stream' : `${streams} streams`;
}

function whole(flag: string): (text: string) => number {
  return (text) => wholeNumber(flag, text);
}
