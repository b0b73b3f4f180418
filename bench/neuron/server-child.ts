import { createInterface } from 'node:readline';
import { startTestServer } from '../../neuron/testing/test-server.ts';
import { madeUp } from './series.ts';

/** A server in a process of its own: `burst` publishes on every stream at once and answers how long each took. */
const [streams = 40, rows = 1_000] = process.argv.slice(2).map(Number);
const server = await startTestServer();
const series = Array.from({ length: streams }, (_, stream) => madeUp(stream, rows + 1_000));
const decimal = (value = 0) => String(Math.round(value * 1e4) / 1e4);
let next = rows;
for (const [stream, { times, values }] of series.entries()) {
  for (let row = 0; row < rows; row += 1)
    server.log.publish(`s${stream}`, times[row] ?? 0, decimal(values[row]));
}

const waiting = new Map<string, number>();
let took: number[] = [];
server.onSubmitted = () => {
  const now = performance.now();
  for (const [key, since] of waiting) {
    if (!server.predictions.accepted.has(key)) continue;
    took.push(now - since);
    waiting.delete(key);
  }
  if (took.length < streams) return;
  process.stdout.write(`${JSON.stringify({ took })}\n`);
  took = [];
};
createInterface({ input: process.stdin })
  .on('line', () => {
    for (const [stream, { times, values }] of series.entries()) {
      const value = decimal(values[next]);
      const { stream: to, hash } = server.log.publish(`s${stream}`, times[next] ?? 0, value);
      waiting.set(`${to.uuid} ${hash} 1`, performance.now());
    }
    next += 1;
  })
  .on('close', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
