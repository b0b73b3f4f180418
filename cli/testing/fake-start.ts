import { fileURLToPath } from 'node:url';
import { describeFailure } from '../failure.ts';
import { stopRequests } from '../service/stop-requests.ts';
import { supervise } from '../start/supervise.ts';

/** `presage start` with fake programs: fake-start.ts <journal> <how the server is> <how the neuron is>. */
const [journal = '', server = '', neuron = ''] = process.argv.slice(2);
const fake = fileURLToPath(new URL('./fake-program.mjs', import.meta.url));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  await supervise({
    server: { name: 'server', args: [fake, 'server', journal, server] },
    neuron: (url) => ({ name: 'neuron', args: [fake, 'neuron', journal, neuron, url] }),
    stop: stopRequests().requested,
    onReady: (url) => say(`ready at ${url}`),
    output: { out: say, error: say },
    log: { info: (fields, message) => say(`${message} ${JSON.stringify(fields)}`), error: () => {} },
    limits: { neuronMs: 300, serverMs: 300 },
  });
} catch (error) {
  const { text, exitCode } = describeFailure(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = exitCode;
}
