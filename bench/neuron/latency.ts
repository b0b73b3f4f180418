import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { neuronConfig } from '../../neuron/config.ts';
import type { EventLoopDelay } from '../../neuron/event-loop.ts';
import { startNeuron } from '../../neuron/neuron.ts';
import { SILENT, until } from '../../neuron/testing/test-neuron.ts';
import { runSource } from '../../tests/support/process.ts';
import { watchMainThread } from './main-thread.ts';

/** Time between two bursts, ms: trainings of the last one are under way when the next comes. */
const BETWEEN_MS = 400;

export interface LatencyResult {
  readonly bursts: number;
  readonly streams: number;
  /** From the server's publishing of an observation until it has the prediction, ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly eventLoop: EventLoopDelay;
  /** Longest stretch of work of the main thread, in ms of its processor time; undefined where that is not known. */
  readonly longestWorkMs: number | undefined;
  readonly trainings: number;
  readonly peakMb: number;
}

/** All streams get an observation at once, again and again, while everything is being trained all the time. */
export async function latency(streams: number, rows: number, bursts: number): Promise<LatencyResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'presage-bench-neuron-'));
  const answers: { url?: string; took?: number[] }[] = [];
  const script = new URL('./server-child.ts', import.meta.url);
  const server = runSource(script, [String(streams), String(rows)], (line) => answers.push(JSON.parse(line)));
  await until(() => answers.length > 0, 'the server', 30_000);
  const serverUrl = answers[0]?.url ?? '';
  const config = neuronConfig({ serverUrl, dataDir, trainIntervalMs: 0, uiPort: 0 });
  let trainings = 0;
  const debug = (_facts: object, message: string) => {
    if (message === 'a stream was trained') trainings += 1;
  };
  const neuron = startNeuron(config, { ...SILENT, debug });
  const mainThread = watchMainThread();
  let peak = 0;
  const watching = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  try {
    await neuron.ready;
    await until(() => neuron.status().answers.ACCEPTED === streams, 'a prediction of each stream', 60_000);
    neuron.eventLoop.reset();
    mainThread.reset();
    const took: number[] = [];
    for (let burst = 0; burst < bursts; burst += 1) {
      const before = answers.length;
      server.stdin?.write('burst\n');
      await until(() => answers.length > before, 'a burst', 60_000);
      took.push(...(answers.at(-1)?.took ?? []));
      await delay(BETWEEN_MS);
    }
    took.sort((a, b) => a - b);
    const at = (part: number) => took[Math.min(took.length - 1, Math.floor(part * took.length))] ?? 0;
    const eventLoop = neuron.eventLoop.read();
    const figures = { p50Ms: at(0.5), p99Ms: at(0.99), peakMb: peak / 2 ** 20 };
    const longestWorkMs = mainThread.stop();
    return { bursts, streams, ...figures, eventLoop, longestWorkMs, trainings };
  } finally {
    clearInterval(watching);
    mainThread.stop();
    await neuron.stop();
    server.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}
