import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { PresageError } from '../../schema/errors.ts';
import type { CollectorsPlan } from '../../server/collectors/config/collectors-file.ts';
import { onBrokenPipe } from '../broken-pipe.ts';
import { GraphqlClient } from '../client/graphql-client.ts';
import { publisherKey } from '../client/key-file.ts';
import { COLLECTORS_FILE, collectorsPlan } from '../collect/collectors-plan.ts';
import { dryRun } from '../collect/dry-run.ts';
import { startStandalone } from '../collect/standalone.ts';
import type { Config } from '../config/config.ts';
import { EXIT } from '../exit-codes.ts';
import { createLogger } from '../logging.ts';
import { say, tell } from '../say.ts';
import { runService } from '../service/run-service.ts';
import { COLLECTOR_FLAGS, configOf, withSettings } from '../settings-options.ts';
import { table } from '../table.ts';

const FLAGS = [
  ...['neuron.serverUrl', 'server.dataDir', 'instance.name', 'instance.standby'],
  ...COLLECTOR_FLAGS,
  ...['log.level', 'log.format'],
] as const;

interface Options {
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly storage?: string;
  readonly tenant?: string;
  readonly joinCode?: string;
}

export function collectCommand(): Command {
  const command = new Command('collect')
    .description('observe what collectors.yaml names, and publish it on a server')
    .option('--dry-run', 'sample everything once and print what would be published')
    .option('--json', 'with --dry-run: print one JSON object a line')
    .option(
      '--storage <directory>',
      'where what is collected is kept (default: collect in the data directory)',
    )
    .option('--tenant <name>', 'tenant to sign in to, of which the key is a peer (default: default)')
    .option('--join-code <code>', "sign in to this code's tenant, which lets the key in")
    .addHelpText(
      'after',
      `
What is collected is on disk before it is published: the server may be away for hours. A server collects by itself what its
own collectors.yaml names; this command is for collecting elsewhere.

Examples:
  $ presage collect --dry-run
  $ presage collect --collectors prices.yaml --server https://presage.example.org`,
    )
    .action(async (options: Options) => {
      const config = configOf(command, FLAGS);
      const plan = collectorsPlan(config);
      if (!plan) {
        throw new PresageError(
          'BAD_INPUT',
          `There is no ${COLLECTORS_FILE} here; write one (docs/collectors.md), or name another with --collectors.`,
        );
      }
      if (options.dryRun) await show(config, plan, options.json === true);
      else await collect(config, plan, options);
    });
  return withSettings(command, FLAGS);
}

async function show(config: Config, plan: CollectorsPlan, json: boolean): Promise<void> {
  // Problems are printed in words.
  const log = createLogger({ ...config.log, level: 'silent' }, 'collector', process.stderr);
  const { observations, problems } = await dryRun(plan, log);
  const rows = observations.map(({ stream, value, observedAt, provider }) => [
    stream,
    value,
    observedAt,
    provider,
  ]);
  say(
    json
      ? observations.map((observation) => `${JSON.stringify(observation)}\n`).join('')
      : table([['STREAM', 'VALUE', 'OBSERVED AT', 'PROVIDER'], ...rows]),
  );
  for (const { source, message } of problems) tell(`presage: ${source}: ${message}\n`);
  if (problems.length > 0) process.exitCode = EXIT.failure;
}

async function collect(
  config: Config,
  plan: CollectorsPlan,
  { storage, tenant, joinCode }: Options,
): Promise<void> {
  onBrokenPipe('go on');
  const log = createLogger(config.log, 'collector', process.stdout);
  const { serverUrl } = config.neuron;
  const { dataDir } = config.server;
  const keyFile = resolve(config.collectors.keyFile ?? join(dataDir, 'collector.key'));
  const key = () => publisherKey(keyFile);
  const place =
    joinCode !== undefined ? { place: { joinCode } } : tenant !== undefined ? { place: { tenant } } : {};
  const client = new GraphqlClient({ serverUrl, key, ...place });
  const directory = storage === undefined ? join(dataDir, 'collect') : resolve(storage);
  await runService({
    supervised: false,
    log,
    start: async () => {
      const { stop } = await startStandalone({ config, plan, directory, client, key, log });
      return { url: serverUrl, stop };
    },
    announce: () => log.info({ serverUrl, directory }, 'Collecting.'),
  });
}
