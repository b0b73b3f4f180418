import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { PresageError } from '../../schema/errors.ts';
import { fitTerminal } from '../gateway-top/fit-terminal.ts';
import { readMetrics } from '../gateway-top/read-metrics.ts';
import type { Samples } from '../gateway-top/samples.ts';
import { screen } from '../gateway-top/screen.ts';
import { type Summary, summarise } from '../gateway-top/summary.ts';
import { harmlessLine } from '../say.ts';
import { stopRequests } from '../service/stop-requests.ts';
import { clientConfigOf, withSettings } from '../settings-options.ts';
import { gatewayDrainCommand, gatewayListCommand } from './gateway-list.ts';
import { wholeNumber } from './whole-number.ts';

const FLAGS = ['neuron.serverUrl'];
/** Home, and clear what is below. */
const REDRAW = '\u001b[H\u001b[J';

interface Options {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly intervalMs: string;
}

export function gatewayCommand(): Command {
  const top = new Command('top')
    .description('show live what a gateway is doing, from its /metrics')
    .option('--once', 'show one reading and end')
    .option('--json', 'print one JSON object a reading')
    .option('--interval-ms <number>', 'time between two readings, in ms', '1000')
    .addHelpText(
      'after',
      `
Metrics are for the server's own machine; from elsewhere, set PRESAGE_METRICS_TOKEN here as the server has it.

Examples:
  $ presage gateway top
  $ presage gateway top --server http://gateway-2:4000 --once --json`,
    )
    .action((options: Options) => watch(top, options));
  return new Command('gateway')
    .description('look at gateways, drain one')
    .addCommand(withSettings(top, FLAGS))
    .addCommand(gatewayListCommand())
    .addCommand(gatewayDrainCommand());
}

async function watch(command: Command, { once, json, intervalMs }: Options): Promise<void> {
  const config = clientConfigOf(command, FLAGS);
  const { serverUrl } = config.neuron;
  const interval = Math.max(100, wholeNumber('--interval-ms', intervalMs));
  const isLive = process.stdout.isTTY && !once && !json;
  const draw = (text: string): string => {
    // A terminal that does not know its size says 0.
    const { columns, rows } = process.stdout;
    return REDRAW + fitTerminal(text, { columns: columns || 80, rows: rows || 24 });
  };
  const show = (summary: Summary): string => {
    if (json) return `${JSON.stringify(summary)}\n`;
    const text = screen(serverUrl, summary);
    if (isLive) return draw(text);
    return once ? text : `${text}\n`;
  };
  // A screen keeps one line of it; what is no screen keeps each, apart from the readings.
  const tell = (problem: string): void => {
    if (isLive) process.stdout.write(draw(`gateway  ${serverUrl}\n${harmlessLine(problem)}`));
    else process.stderr.write(`presage: ${harmlessLine(problem)}\n`);
  };
  const stop = stopRequests();
  try {
    let before = await readMetrics(serverUrl, config.metrics.token);
    process.stdout.write(show(summarise(before, null)));
    while (!once && !stop.signal.aborted) {
      await pause(interval, undefined, { signal: stop.signal }).catch(() => undefined);
      const now = await readOrTell(serverUrl, config.metrics.token, tell);
      if (!now || stop.signal.aborted) continue;
      process.stdout.write(show(summarise(now, before)));
      before = now;
    }
  } finally {
    stop.dispose();
  }
}

/** A server that is away for a while is waited for. */
async function readOrTell(
  serverUrl: string,
  token: string | null,
  tell: (problem: string) => void,
): Promise<Samples | null> {
  try {
    return await readMetrics(serverUrl, token);
  } catch (error) {
    if (!(error instanceof PresageError)) throw error;
    tell(`${error.message} Trying again …`);
    return null;
  }
}
