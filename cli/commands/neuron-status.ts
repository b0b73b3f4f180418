import { Command } from 'commander';
import type { NeuronReport, StreamReport } from '../../neuron/dashboard/reports.ts';
import { age } from '../age.ts';
import { expectedOnly } from '../neuron/neuron-failure.ts';
import { readState } from '../neuron/read-reports.ts';
import { configOf, withSettings } from '../settings-options.ts';
import { table } from '../table.ts';

const FLAGS = ['neuron.dataDir', 'neuron.uiPort', 'server.dataDir'];

export function neuronStatusCommand(): Command {
  const command = new Command('status')
    .description('show what the neuron of a data directory does, running or not')
    .option('--json', 'print one JSON object: neuron and streams')
    .addHelpText(
      'after',
      `
Examples:
  $ presage neuron status
  $ presage neuron status --neuron-data-dir /var/lib/presage/neuron --json`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { dataDir, uiPort } = configOf(command, FLAGS).neuron;
      const state = await readState(dataDir, uiPort).catch(expectedOnly);
      process.stdout.write(
        json ? `${JSON.stringify(state)}\n` : `${about(state.neuron)}\n${shown(state.streams)}`,
      );
    });
  return withSettings(command, FLAGS);
}

function about({ running, neuron, outbox, training, metrics, dataDir }: NeuronReport): string {
  const oldest =
    outbox.oldestMadeAt === null ? '' : `, the oldest for ${age(Date.now() - outbox.oldestMadeAt)}`;
  const answers = Object.entries(outbox.answers).map(([answer, count]) => `${answer} ${count}`);
  const lines = [
    running && neuron
      ? `neuron    ${neuron.phase}, ${neuron.serverUrl}`
      : `neuron    not running, ${dataDir}`,
    `outbox    ${outbox.waiting} waiting${oldest}${answers.length > 0 ? `; ${answers.join(', ')}` : ''}`,
  ];
  if (training) {
    const { running: busy, threads, completed, failed } = training;
    lines.push(`training  ${busy} of ${threads} threads busy, ${completed} done, ${failed} failed`);
  }
  if (metrics) {
    const { p99Ms, maxMs } = metrics.eventLoop;
    const megabytes = Math.round(metrics.rssBytes / 2 ** 20);
    lines.push(`process   ${megabytes} MB, event loop late by ${ms(p99Ms)} (99 %), ${ms(maxMs)} at most`);
  }
  if (neuron?.storeTrouble) lines.push(`trouble   ${neuron.storeTrouble}`);
  else if (neuron?.lastError && neuron.phase !== 'live') lines.push(`trouble   ${neuron.lastError}`);
  return `${lines.join('\n')}\n`;
}

function shown(streams: readonly StreamReport[]): string {
  if (streams.length === 0) return 'It follows no streams yet.\n';
  const head = ['STREAM', 'LAST', 'AGE', 'PREDICTION', 'ADAPTER', 'SKILL', 'BACKTEST', 'TRAINING'];
  const rows = streams.map((stream) => [
    stream.name,
    stream.last?.value ?? '-',
    stream.stalenessMs === null ? '-' : age(stream.stalenessMs),
    predictionText(stream),
    stream.adapter ?? '-',
    stream.skillLive === null ? '-' : `${stream.skillLive.toFixed(3)} (${stream.scored})`,
    stream.skillBacktest === null ? '-' : stream.skillBacktest.toFixed(3),
    trainingText(stream),
  ]);
  return table([head, ...rows]);
}

/** The next value, and in brackets what became of the prediction. */
function predictionText({ predictions }: StreamReport): string {
  const next = predictions.find(({ horizon }) => horizon === 1) ?? predictions[0];
  return next ? `${Number(Number(next.value).toPrecision(10))} (${next.answer ?? 'waiting'})` : '-';
}

function trainingText({ training, trainedAt }: StreamReport): string {
  const last = trainedAt === null ? 'never trained' : `${age(Date.now() - trainedAt)} ago`;
  if (!training) return last;
  const trouble = training.lastTrouble === null ? '' : `: ${training.lastTrouble}`;
  return `${training.state}, ${last}${trouble}`;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
