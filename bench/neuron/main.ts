import { parseArgs } from 'node:util';
import { latency } from './latency.ts';
import { pythonFits } from './python-peer.ts';
import { retrain } from './retrain.ts';

/**
 * `npm run bench:neuron`: a full re-train of all streams on two threads, beside native XGBoost in Python (hist, one
 * thread) doing the same XGBoost fits, and its peak memory; then how long observations that arrive at once take to
 * become predictions at the server while everything is being trained, and how late the event loop was meanwhile.
 */
const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '40' },
    rows: { type: 'string', default: '1000' },
    bursts: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
  },
});
const [streams, rows, bursts] = [Number(values.streams), Number(values.rows), Number(values.bursts)];
const MEMORY_MB = 512;
const LOOP_MS = 20;

const arrivals = await latency(streams, rows, bursts);
const { fits, ...training } = await retrain(streams, rows);
const peer = await pythonFits(fits);

if (values.json) {
  process.stdout.write(`${JSON.stringify({ training, fits: fits.length, peer, arrivals })}\n`);
} else {
  const seconds = (value: number) => `${value.toFixed(2)} s`;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const peak = Math.max(training.peakMb, arrivals.peakMb);
  const rounds = fits.reduce((sum, fit) => sum + fit.rounds, 0);
  const lines = [
    `re-train of ${streams} streams × ${rows} rows, 2 threads: ${seconds(training.againSeconds)} (from nothing ${seconds(training.firstSeconds)})`,
    peer
      ? `the ${fits.length} XGBoost fits in it (${rounds} rounds) by Python XGBoost ${peer.version}, hist, 1 thread: ${seconds(peer.seconds)}; the whole re-train takes ${(training.againSeconds / peer.seconds).toFixed(2)} × that (budget 1): ${verdict(training.againSeconds <= peer.seconds)}`
      : 'Python XGBoost is not installed (python3-xgboost for /usr/bin/python3): nothing to compare with',
    `peak memory of the process: ${peak.toFixed(0)} MB (budget ${MEMORY_MB}): ${verdict(peak <= MEMORY_MB)}`,
    `observation to prediction at the server, ${streams} at once, ${bursts} times, ${arrivals.trainings} trainings meanwhile: p50 ${ms(arrivals.p50Ms)}, p99 ${ms(arrivals.p99Ms)}`,
    `event loop late: p50 ${ms(arrivals.eventLoop.p50Ms)}, p99 ${ms(arrivals.eventLoop.p99Ms)}, at most ${ms(arrivals.eventLoop.maxMs)}; longest work of the main thread ${arrivals.longestWorkMs === undefined ? 'unknown' : ms(arrivals.longestWorkMs)} (budget ${LOOP_MS}): ${verdict((arrivals.longestWorkMs ?? arrivals.eventLoop.maxMs) <= LOOP_MS)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function verdict(kept: boolean): string {
  return kept ? 'kept' : 'OVER BUDGET';
}
