import { Command } from 'commander';
import { onBrokenPipe } from '../broken-pipe.ts';
import { environment } from '../config/environment.ts';
import { createLogger, logWriter } from '../logging.ts';
import { tell } from '../say.ts';
import { stopRequests } from '../service/stop-requests.ts';
import { configOf, NEURON_FLAGS, passedOn, SERVER_FLAGS, withSettings } from '../settings-options.ts';
import { neuronEnvironment } from '../start/neuron-environment.ts';
import { supervise } from '../start/supervise.ts';
import { announceServer } from './serve.ts';

const FLAGS = [...SERVER_FLAGS, ...NEURON_FLAGS];

/** Both log as JSON: `start` decides how it looks. */
const PROGRAM_FLAGS = ['--supervised', '--log-format=json'];

/** `main` is the file of this program, which its parts are started from. */
export function startCommand(main: string): Command {
  const command = new Command('start')
    .description('run the server and, once it is ready, a neuron beside it')
    .addHelpText(
      'after',
      `
Examples:
  $ presage start
  $ presage start --port 4100 --log-format json
Both are processes of their own. Ctrl-C stops the neuron, then the server. If one ends by itself the other is
stopped, and the exit code is 1.`,
    )
    .action(async () => {
      await start(command, main);
    });
  return withSettings(command, FLAGS);
}

async function start(command: Command, main: string): Promise<void> {
  onBrokenPipe('go on');
  const config = configOf(command, FLAGS);
  const log = createLogger(config.log, 'start', process.stdout);
  const stop = stopRequests();
  const program = (name: string, passed: readonly string[]) => ({
    name,
    args: [main, name === 'server' ? 'serve' : name, ...passed, ...PROGRAM_FLAGS],
  });
  try {
    await supervise({
      server: program('server', passedOn(command, SERVER_FLAGS)),
      neuron: (url) => ({
        ...program('neuron', [...passedOn(command, [...NEURON_FLAGS, 'server.dataDir']), `--server=${url}`]),
        environment: neuronEnvironment(environment()),
      }),
      stop: stop.requested.then((reason) =>
        log.info({ reason }, 'Stopping: the neuron first, then the server.'),
      ),
      onReady: (url) => announceServer(url, config, log),
      output: {
        out: logWriter(config.log.format, process.stdout),
        error: (line) => tell(`${line}\n`),
      },
      log,
    });
  } finally {
    stop.dispose();
  }
}
