import { parseArgs } from 'node:util';
import { latency } from './latency.ts';
import { type PeerResult, pythonFits } from './python-peer.ts';
import { type RetrainResult, retrain } from './retrain.ts';

/**
 * `npm run bench:neuron`: a full re-train of all streams on two threads, beside native XGBoost in Python (hist, one
 * thread) doing the same XGBoost fits, and its peak memory; then how long observations that arrive at once take to
 * become predictions at the server while everything is being trained, and how late the event loop was meanwhile.
 * `--only re-train` and `--only arrivals` do one of them.
 */
const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '40' },
    rows: { type: 'string', default: '1000' },
    bursts: { type: 'string', default: '15' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const [streams, rows, bursts] = [Number(values.streams), Number(values.rows), Number(values.bursts)];
const MEMORY_MB = 512;
const LOOP_MS = 20;

const arrivals = values.only === 're-train' ? undefined : await latency(streams, rows, bursts);
const training = values.only === 'arrivals' ? undefined : await retrain(streams, rows);
const peer = training && (await pythonFits(training.fits));

if (values.json) {
  const fits = training?.fits.length;
  process.stdout.write(
    `${JSON.stringify({ training: training && { ...training, fits }, peer, arrivals })}\n`,
  );
} else {
  const lines = [...(training ? trainingLines(training, peer) : []), memoryLine(), ...arrivalLines()];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function trainingLines({ againSeconds, firstSeconds, fits }: RetrainResult, python: PeerResult | undefined) {
  const rounds = fits.reduce((sum, fit) => sum + fit.rounds, 0);
  return [
    `re-train of ${streams} streams × ${rows} rows, 2 threads: ${seconds(againSeconds)} (from nothing ${seconds(firstSeconds)})`,
    python
      ? `the ${fits.length} XGBoost fits in it (${rounds} rounds) by Python XGBoost ${python.version}, hist, 1 thread: ${seconds(python.seconds)}; the whole re-train takes ${(againSeconds / python.seconds).toFixed(2)} × that (budget 1): ${verdict(againSeconds <= python.seconds)}`
      : 'Python XGBoost is not installed (python3-xgboost for /usr/bin/python3): nothing to compare with',
  ];
}

function memoryLine(): string {
  const peak = Math.max(training?.peakMb ?? 0, arrivals?.peakMb ?? 0);
  return `peak memory of the process: ${peak.toFixed(0)} MB (budget ${MEMORY_MB}): ${verdict(peak <= MEMORY_MB)}`;
}

function arrivalLines(): string[] {
  if (!arrivals) return [];
  const { eventLoop, longestWorkMs } = arrivals;
  return [
    `observation to prediction at the server, ${streams} at once, ${bursts} times, ${arrivals.trainings} trainings meanwhile: p50 ${ms(arrivals.p50Ms)}, p99 ${ms(arrivals.p99Ms)}`,
    `event loop late: p50 ${ms(eventLoop.p50Ms)}, p99 ${ms(eventLoop.p99Ms)}, at most ${ms(eventLoop.maxMs)}; longest work of the main thread ${longestWorkMs === undefined ? 'unknown' : ms(longestWorkMs)} (budget ${LOOP_MS}): ${verdict((longestWorkMs ?? eventLoop.maxMs) <= LOOP_MS)}`,
  ];
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function verdict(kept: boolean): string {
  return kept ? 'kept' : 'OVER BUDGET';
}
