import { Command } from 'commander';
import { auditCommand } from './commands/audit.ts';
import { backtestCommand } from './commands/backtest.ts';
import { collectCommand } from './commands/collect.ts';
import { forecastCommand } from './commands/forecast.ts';
import { gatewayCommand } from './commands/gateway.ts';
import { handoffCommand } from './commands/handoff.ts';
import { lineageCommand } from './commands/lineage.ts';
import { migrateStreamsCommand } from './commands/migrate-streams.ts';
import { neuronCommand } from './commands/neuron.ts';
import { peersCommand } from './commands/peers.ts';
import { publishCommand } from './commands/publish.ts';
import { serveCommand } from './commands/serve.ts';
import { startCommand } from './commands/start.ts';
import { streamsCommand } from './commands/streams.ts';
import { tenantsCommand } from './commands/tenants.ts';
import { tokenCommand } from './commands/token.ts';
import { watchCommand } from './commands/watch.ts';
import { version } from './version.ts';

/** The command line. `main` is the file that runs it. */
export function presageProgram(main: string): Command {
  const program = new Command('presage')
    .description('A self-hosted realtime forecasting network.')
    .version(version())
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `
Examples:
  $ presage start                                        everything, on this machine
  $ presage publish temperature 21.5 --create
  $ presage watch --filter 'value>=20' --snapshot

Settings come from flags, the environment and presage.yaml: see docs/configuration.md.
Exit codes: 0 done, 1 failed (in part, too), 2 the command line or the configuration is wrong, 130 interrupted.`,
    );
  const commands = [
    startCommand(main),
    serveCommand(),
    neuronCommand(),
    streamsCommand(),
    publishCommand(),
    watchCommand(),
    forecastCommand(),
    collectCommand(),
    lineageCommand(),
    handoffCommand(),
    migrateStreamsCommand(),
    backtestCommand(),
    gatewayCommand(),
    auditCommand(),
    tokenCommand(),
    tenantsCommand(),
    peersCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of everyCommand(program)) command.exitOverride().configureOutput(oneLineOf(command));
  return program;
}

/** What a command line has wrong on one line, and where to read about that command. */
function oneLineOf(command: Command) {
  return {
    outputError: (text: string, write: (text: string) => void) => write(oneLine(text, nameOf(command))),
  };
}

function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

/** "error: unknown option '--prot'\n(Did you mean --port?)" on one line, in our words. */
function oneLine(text: string, command: string): string {
  const said = text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ');
  return `presage: ${said}; see ${command} --help\n`;
}

function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
