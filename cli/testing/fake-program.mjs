// A stand-in for the server or the neuron under `presage start`, as fake-start.ts runs it:
// node fake-program.mjs <name> <journal> <how>
import { appendFileSync } from 'node:fs';

const [name, journal, how] = process.argv.slice(2);
const note = (what) => appendFileSync(journal, `${name} ${what}\n`);

process.on('SIGINT', () => note('got SIGINT'));
process.on('message', (message) => {
  if (message.type !== 'stop') return;
  note('stopping');
  if (how === 'deaf') return;
  note('stopped');
  process.exit(0);
});
process.on('disconnect', () => {
  note('orphaned');
  process.exit(0);
});
setInterval(() => {}, 1_000);
note(`started ${process.pid}`);
process.stdout.write(`{"level":30,"msg":"hello from ${name}"}\n`);
if (how === 'die') process.exit(3);
process.send({ version: 1, type: 'ready', url: 'http://fake:1' });
