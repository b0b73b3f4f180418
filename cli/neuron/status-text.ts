import type { NeuronReport, StreamReport } from '../../neuron/dashboard/reports.ts';
import { PresageError } from '../../schema/errors.ts';
import { age } from '../age.ts';
import { table } from '../table.ts';

/** More streams than this are no table that anyone reads. */
const MOST_ROWS = 40;
/** As many are named where something is said about several. */
const MOST_NAMES = 5;

/** Lines about the neuron as a whole; `port` is where it was asked. */
export function aboutNeuron(report: NeuronReport, streams: readonly StreamReport[], port: number): string {
  const { neuron, outbox, training, metrics } = report;
  const oldest =
    outbox.oldestMadeAt === null ? '' : `, the oldest for ${age(Date.now() - outbox.oldestMadeAt)}`;
  const answers = Object.entries(outbox.answers).map(([answer, count]) => `${answer} ${count}`);
  const lines = [
    `neuron    ${phaseText(report, port)}`,
    `streams   ${streams.length} followed${countsText(streams)}`,
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
  const broken = streams.filter(({ chainBreaks }) => chainBreaks > 0).map(({ name }) => name);
  if (broken.length > 0) {
    const whose = broken.length === 1 ? '1 stream is' : `${broken.length} streams are`;
    lines.push(`trouble   the hash chain of ${whose} broken at the server: ${names(broken)}`);
  }
  return `${lines.join('\n')}\n`;
}

function phaseText({ running, neuron, dataDir }: NeuronReport, port: number): string {
  if (neuron) return `${neuron.phase}, ${neuron.serverUrl}`;
  if (!running) return `not running, ${dataDir}`;
  const asked = port === 0 ? 'was not asked' : `does not answer at 127.0.0.1:${port}`;
  return `running, but it ${asked}; this is from its files, ${dataDir} (--ui-port names the port of its API)`;
}

/** How many streams are in which state of training. */
function countsText(streams: readonly StreamReport[]): string {
  const counts = new Map<string, number>();
  for (const { training, trainedAt } of streams) {
    const state = training?.state ?? (trainedAt === null ? 'never trained' : 'trained');
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts.size === 0 ? '' : `: ${[...counts].map(([state, count]) => `${count} ${state}`).join(', ')}`;
}

/** A line per stream: those that were `named`, or as many as can be read unless `all` are wanted. */
export function aboutStreams(
  streams: readonly StreamReport[],
  { named, all }: { readonly named: readonly string[]; readonly all: boolean },
): string {
  if (streams.length === 0) return 'It follows no streams yet.\n';
  const wanted = named.length === 0 ? streams : namedOf(streams, named);
  const shown = all || named.length > 0 ? wanted : wanted.slice(0, MOST_ROWS);
  const head = ['STREAM', 'LAST', 'AGE', 'PREDICTION', 'ADAPTER', 'SKILL', 'BACKTEST', 'TRAINING'];
  const rows = shown.map((stream) => [
    stream.name,
    stream.last?.value ?? '-',
    stream.stalenessMs === null ? '-' : age(stream.stalenessMs),
    predictionText(stream),
    stream.adapter ?? '-',
    stream.skillLive === null ? '-' : `${stream.skillLive.toFixed(3)} (${stream.scored})`,
    stream.skillBacktest === null ? '-' : stream.skillBacktest.toFixed(3),
    trainingText(stream),
  ]);
  const left = wanted.length - shown.length;
  const more = left > 0 ? `${left} more; name the streams you want to see, or ask for --all.\n` : '';
  return `${table([head, ...rows])}${more}`;
}

function namedOf(streams: readonly StreamReport[], named: readonly string[]): StreamReport[] {
  return named.map((wanted) => {
    const found = streams.find(({ name, uuid }) => name === wanted || uuid === wanted.toLowerCase());
    if (found) return found;
    throw new PresageError(
      'NOT_FOUND',
      `This neuron follows no stream "${wanted}"; --all lists those it does.`,
    );
  });
}

/** The next value, and in brackets what became of the prediction. */
function predictionText({ predictions }: StreamReport): string {
  const next = predictions.find(({ horizon }) => horizon === 1) ?? predictions[0];
  return next ? `${Number(Number(next.value).toPrecision(10))} (${next.answer ?? 'waiting'})` : '-';
}

function trainingText({ training, trainedAt }: StreamReport): string {
  const last = trainedAt === null ? 'never trained' : `trained ${age(Date.now() - trainedAt)} ago`;
  if (!training) return last;
  const due = training.dueAt === null ? 0 : training.dueAt - Date.now();
  const next = due > 0 ? `, due in ${age(due)}` : '';
  const trouble = training.lastTrouble === null ? '' : `: ${training.lastTrouble}`;
  return `${training.state}${next}, ${last}${trouble}`;
}

function names(all: readonly string[]): string {
  const more = all.length - MOST_NAMES;
  return `${all.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
