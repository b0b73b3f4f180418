import { Command } from 'commander';
import { expectedOnly } from '../neuron/neuron-failure.ts';
import { readState } from '../neuron/read-reports.ts';
import { aboutNeuron, aboutStreams } from '../neuron/status-text.ts';
import { say } from '../say.ts';
import { clientConfigOf, withSettings } from '../settings-options.ts';

const FLAGS = ['neuron.dataDir', 'neuron.uiPort', 'server.dataDir'];

export function neuronStatusCommand(): Command {
  const command = new Command('status')
    .description('show what the neuron of a data directory does, running or not')
    .argument('[streams...]', 'names or uuids of the streams to show (default: the first 40)')
    .option('--all', 'every stream that it follows')
    .option('--json', 'print one JSON object: neuron and streams, all of them')
    .addHelpText(
      'after',
      `
PREDICTION is of the next value, with the server's answer in brackets; SKILL is 1 − its error / the error of "same as
last" over its last predictions (in brackets how many): 1 is perfect, 0 no better than that. BACKTEST is the same when
the stream was last trained. ADAPTER made the newest prediction: naive where that was before the first training. In
TRAINING, idle means that there is nothing new to learn from.

Examples:
  $ presage neuron status
  $ presage neuron status btc eth
  $ presage neuron status --neuron-data-dir /var/lib/presage/neuron --json`,
    )
    .action(async (named: string[], { json, all = false }: { json?: boolean; all?: boolean }) => {
      const { dataDir, uiPort } = clientConfigOf(command, FLAGS).neuron;
      const state = await readState(dataDir, uiPort).catch(expectedOnly);
      say(
        json
          ? `${JSON.stringify(state)}\n`
          : `${aboutNeuron(state.neuron, state.streams, uiPort)}\n${aboutStreams(state.streams, { named, all })}`,
      );
    });
  return withSettings(command, FLAGS);
}
