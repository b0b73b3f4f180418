import { Command, Option } from 'commander';
import { banner, placesOf } from '../banner.ts';
import { onBrokenPipe } from '../broken-pipe.ts';
import type { Config } from '../config/config.ts';
import { createLogger } from '../logging.ts';
import { say } from '../say.ts';
import { runService } from '../service/run-service.ts';
import { configOf, SERVER_FLAGS, withSettings } from '../settings-options.ts';

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('run the server: GraphQL API, realtime gateway, collectors')
    .addOption(supervisedOption())
    .addHelpText(
      'after',
      `
Examples:
  $ presage serve
  $ presage serve --port 4100 --data-dir /var/lib/presage --collect none
  $ DATABASE_URL=postgres://presage@db/presage presage serve --host 0.0.0.0
  $ DATABASE_URL=… REDIS_URL=redis://redis presage serve --role gateway   # one of many processes: docs/scaling.md`,
    )
    .action(async (options: { supervised?: boolean }) => {
      await serve(configOf(command, SERVER_FLAGS), options.supervised === true);
    });
  return withSettings(command, SERVER_FLAGS);
}

/** Given by `presage start` to the programs it runs. */
export function supervisedOption(): Option {
  return new Option('--supervised', 'run under presage start').hideHelp();
}

async function serve(config: Config, supervised: boolean): Promise<void> {
  onBrokenPipe('go on');
  const log = createLogger(config.log, 'server', process.stdout);
  await runService({
    supervised,
    log,
    start: async () => {
      // Loaded here, so that the other commands don't wait for the server's code.
      const { startServer } = await import('../serve/server.ts');
      const { keepServing } = await import('../serve/keep-serving.ts');
      const on = (port = config.server.port) => ({ ...config, server: { ...config.server, port } });
      return keepServing((port) => startServer(on(port), log), log);
    },
    announce: ({ url }) => announceServer(url, config, log),
  });
}

/** Shows people where everything is; programs that read the log find it there. */
export function announceServer(
  url: string,
  config: Config,
  log: { info(fields: object, text: string): void },
): void {
  const places = placesOf(url, config);
  const forPeople = config.log.format === 'pretty' || (config.log.format === 'auto' && process.stdout.isTTY);
  if (forPeople) say(banner(places));
  else log.info({ ...places }, 'Presage is ready.');
}
