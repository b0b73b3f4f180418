import { Command } from 'commander';
import type { Logger } from 'pino';
import type { NeuronOptions } from '../../neuron/config.ts';
import { onBrokenPipe } from '../broken-pipe.ts';
import type { Config } from '../config/config.ts';
import { createLogger } from '../logging.ts';
import { historyProgress } from '../neuron/history-progress.ts';
import { expectedOnly } from '../neuron/neuron-failure.ts';
import { runService, type Service } from '../service/run-service.ts';
import { clientConfigOf, NEURON_FLAGS, withSettings } from '../settings-options.ts';
import { TerminalLine } from '../terminal-line.ts';
import { neuronImportCommand } from './neuron-import.ts';
import { neuronStatusCommand } from './neuron-status.ts';
import { supervisedOption } from './serve.ts';

const FLAGS = ['neuron.serverUrl', ...NEURON_FLAGS, 'server.dataDir'];

/** How long the neuron may go on sending when it stops, in ms: within what `presage start` allows it. */
const DRAIN_MS = 1_500;

export function neuronCommand(): Command {
  const command = new Command('neuron')
    .description('run a neuron: it follows streams, predicts and submits')
    .enablePositionalOptions()
    .addOption(supervisedOption())
    .addHelpText(
      'after',
      `
Examples:
  $ presage neuron --server http://10.0.0.5:4000 --name "my first neuron"
  $ presage neuron --streams host_cpu_percent,host_load_average --adapters naive
  $ presage neuron --tags crypto --filter 'stream.name!=test'
  $ presage neuron status
  $ presage neuron import engine.db`,
    )
    .action(async (options: { supervised?: boolean }) => {
      await runNeuron(clientConfigOf(command, FLAGS), options.supervised === true);
    });
  return withSettings(command, FLAGS).addCommand(neuronStatusCommand()).addCommand(neuronImportCommand());
}

async function runNeuron(config: Config, supervised: boolean): Promise<void> {
  onBrokenPipe('go on');
  const line = process.stderr.isTTY ? new TerminalLine(process.stderr) : undefined;
  const log = createLogger(config.log, 'neuron', line?.below(process.stdout) ?? process.stdout);
  await runService({
    supervised,
    log,
    start: () => startService(config.neuron, log, line),
    announce: ({ url }) => log.info({ server: url, dataDir: config.neuron.dataDir }, 'The neuron is up.'),
  });
}

async function startService(
  settings: Config['neuron'],
  log: Logger,
  line: TerminalLine | undefined,
): Promise<Service> {
  // Loaded here, so that the other commands don't wait for the neuron's code.
  const { startNeuron } = await import('../../neuron/neuron.ts');
  const { neuronConfig } = await import('../../neuron/config.ts');
  try {
    const config = neuronConfig(neuronOptions(settings));
    const neuron = startNeuron(config, log);
    const progress = historyProgress(() => neuron.status(), line, log);
    return {
      url: settings.serverUrl,
      stop: () => {
        progress.end();
        return neuron.stop();
      },
      ended: neuron.finished.catch(expectedOnly).finally(() => progress.end()),
    };
  } catch (error) {
    return expectedOnly(error);
  }
}

/** The settings in the neuron's own units. */
function neuronOptions(settings: Config['neuron']): NeuronOptions {
  const { trainIntervalSeconds, fitTimeoutSeconds, ...same } = settings;
  return {
    ...same,
    streams: [...settings.streams],
    tags: [...settings.tags],
    filters: [...settings.filters],
    adapters: [...settings.adapters],
    horizons: [...settings.horizons],
    quantiles: [...settings.quantiles],
    trainIntervalMs: trainIntervalSeconds * 1_000,
    fitTimeoutMs: fitTimeoutSeconds * 1_000,
    drainMs: DRAIN_MS,
  };
}
