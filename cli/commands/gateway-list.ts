import { Command } from 'commander';
import { PresageError } from '../../schema/errors.ts';
import type { Config } from '../config/config.ts';
import { createLogger } from '../logging.ts';
import { say } from '../say.ts';
import { configOf, withSettings } from '../settings-options.ts';
import { table } from '../table.ts';

/** `presage gateway list` */
export function gatewayListCommand(): Command {
  const command = new Command('list')
    .description('for operators: list the gateways over Redis')
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Reads Redis and the database themselves: DATABASE_URL and REDIS_URL are those of the processes.

Examples:
  $ presage gateway list
  $ presage gateway list --json`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const found = await withGateways(configOf(command, []), (gateways) => gateways.list());
      say(
        json
          ? found.map((gateway) => `${JSON.stringify(gateway)}\n`).join('')
          : table([
              ['ID', 'HOST, PROCESS', 'FILTERS', 'STREAMER'],
              ...found.map(({ id, where, registered, streamer }) => [
                // Its beginning tells streamers apart; --json has all of it.
                ...[id, where, String(registered), streamer?.slice(0, 8) ?? 'none'],
              ]),
            ]),
      );
    });
  return withSettings(command, []);
}

/** `presage gateway drain` */
export function gatewayDrainCommand(): Command {
  const command = new Command('drain')
    .description('tell a gateway’s clients to go elsewhere, then stop its process')
    .argument('<id>', 'as presage gateway list has it')
    .addHelpText(
      'after',
      `
Example:
  $ presage gateway drain 5f0c2b1e-6f2b-4f57-9d1d-0a8c3c1b7a55`,
    )
    .action(async (id: string) => {
      await withGateways(configOf(command, []), async (gateways) => {
        if (!(await gateways.drain(id))) {
          throw new PresageError(
            'NOT_FOUND',
            `There is no gateway ${id}; presage gateway list shows those there are.`,
          );
        }
      });
      say(`Told the gateway ${id} to drain.\n`);
    });
  return withSettings(command, []);
}

type Gateways = import('../serve/gateway-directory.ts').GatewayDirectory;

async function withGateways<T>(
  { redis, database, server, log }: Config,
  task: (gateways: Gateways) => Promise<T>,
): Promise<T> {
  if (redis.url === null) {
    throw new PresageError(
      'BAD_INPUT',
      'There are no gateways without Redis; set REDIS_URL as the processes have it.',
    );
  }
  // Loaded here, so that the other commands don't wait for it.
  const { openGatewayDirectory } = await import('../serve/gateway-directory.ts');
  const storage = { dataDir: server.dataDir, databaseUrl: database.url ?? undefined };
  // That Redis is away is said once, as what the command ends with.
  const logger = createLogger({ ...log, level: 'error' }, 'gateways', process.stderr);
  const gateways = await openGatewayDirectory({ ...redis, url: redis.url }, storage, logger);
  try {
    return await task(gateways);
  } finally {
    gateways.close();
  }
}
