import { type ChildProcess, spawn } from 'node:child_process';
import { z } from 'zod';
import { passedOn } from '../../../schema/passed-on.ts';
import { BoundedLines } from '../bounded-lines.ts';
import { parseTimestamp } from '../csv/timestamp.ts';
import { cadenceOf } from '../schedule.ts';
import { type CollectorSource, PartialFailure, type Sample } from '../source.ts';
import { STREAM_FACTS, streamName } from './option-types.ts';
import { type SourceContext, sourceKind } from './source-kind.ts';

/** Lines of a program that wait to be taken; one that runs on is not read any further beyond that. */
const MAX_LINES = 10_000;
/** Longest line that is one, in characters. */
const MAX_LINE = 1_000;
/** How long a program may take to end when it is told to, in ms. */
const KILL_AFTER_MS = 2_000;

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

const OPTIONS = z.strictObject({
  command: z.array(z.string()).min(1, 'must be a program and its arguments, such as [sensors, --once]'),
  mode: z.enum(['each', 'follow']).default('each'),
  env: z
    .record(z.string(), z.string())
    .refine((env) => Object.keys(env).every((name) => VARIABLE.test(name)), {
      message: 'must be variables by name, such as { SENSOR_TOKEN: text }',
    })
    .default({}),
  streams: z
    .array(z.strictObject({ name: streamName(), ...STREAM_FACTS }))
    .max(1_000)
    .default([]),
});

type Options = z.output<typeof OPTIONS>;

/**
 * A program that prints values, a line each: `value`, of the first of `streams` or one that is named like the source;
 * `stream,value`; or `stream,value,time` (ISO 8601 with a zone, or a Unix time). In mode `each` it is run for every sample and
 * has to end with code 0; in mode `follow` it runs on, and is started again at the next beat if it ends. It is run as it is,
 * without a shell. Of the server's environment it gets what any program needs (`passedOn`), and `env` besides: the rest has
 * the server's secrets in it.
 */
export const command = sourceKind({
  type: 'command',
  every: '60s',
  options: OPTIONS,
  open: (options, context) => [new CommandSource(options, context)],
});

class CommandSource implements CollectorSource {
  readonly name: string;
  readonly streams;
  readonly #options: Options;
  readonly #context: SourceContext;
  readonly #own: string;
  #running: RunningCommand | undefined;

  constructor(options: Options, context: SourceContext) {
    this.name = context.name;
    this.#options = options;
    this.#context = context;
    const named = options.streams.length > 0 ? options.streams : [{ name: context.name }];
    this.#own = named[0]?.name ?? context.name;
    this.streams = named.map((stream) => ({ ...stream, cadenceSeconds: cadenceOf(context.schedule) }));
  }

  async sample(signal: AbortSignal): Promise<readonly Sample[]> {
    this.#running ??= new RunningCommand(this.#options, this.#context);
    if (this.#options.mode === 'each') await this.#running.end(signal);
    const { lines, ended } = this.#running.take();
    if (ended !== undefined) this.#running = undefined;
    const problems: string[] = ended !== undefined && ended !== '' ? [ended] : [];
    if (ended === '' && this.#options.mode === 'follow') problems.push('it ended; it is started again');
    const samples = lines.flatMap(({ text, at }) => this.#sampleOf(text, at, problems));
    if (problems.length > 0)
      throw new PartialFailure(`${this.name}: ${problems.slice(0, 10).join('; ')}`, samples);
    return samples;
  }

  close(): void {
    this.#running?.kill();
  }

  #sampleOf(text: string, at: number, problems: string[]): readonly Sample[] {
    const fields = text.split(',').map((field) => field.trim());
    if (text.trim() === '') return [];
    const [first = '', value = first, time] = fields;
    const stream = fields.length === 1 ? this.#own : first;
    const observedAt = time === undefined ? at : parseTimestamp(time);
    if (fields.length <= 3 && stream !== '' && observedAt !== undefined && text.length <= MAX_LINE) {
      return [{ stream, value, observedAt }];
    }
    problems.push(`${JSON.stringify(text.slice(0, 60))} is not value, stream,value or stream,value,time`);
    return [];
  }
}

/** A program that was started, and what it printed that nobody has taken yet. */
class RunningCommand {
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #lines: { readonly text: string; readonly at: number }[] = [];
  #complaint = '';
  /** Why it ended, `''` for nothing special; `undefined` while it runs. */
  #ended: string | undefined;
  #resume: () => void = () => {};

  constructor({ command, mode, env }: Options, { directory, environment }: SourceContext) {
    const [program = '', ...args] = command;
    this.#child = spawn(program, args, {
      cwd: directory,
      env: { ...passedOn(environment), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#child;
    stderr?.on('data', (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString()).slice(-500);
    });
    if (stdout) {
      const reader = new BoundedLines(stdout, MAX_LINE, (text) => {
        this.#lines.push({ text, at: Date.now() });
        if (this.#lines.length < MAX_LINES) return;
        if (mode === 'follow') reader.pause();
        else this.#stop(`it printed ${MAX_LINES} lines, which is too much, and was stopped`);
      });
      this.#resume = () => reader.resume();
    }
    this.#closed = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#ended ??= `${program} can't be run (${error.message})`;
        resolve();
      });
      this.#child.once('close', (code, signal) => {
        const said = this.#complaint.trim().split('\n').at(-1) ?? '';
        const how = code === null ? `by ${signal}` : `with code ${code}`;
        this.#ended ??= code === 0 ? '' : `${program} ended ${how}${said === '' ? '' : `: ${said}`}`;
        resolve();
      });
    });
  }

  /** Waits for it to end, and sees to it when `signal` says that it has taken too long. */
  async end(signal: AbortSignal): Promise<void> {
    const abort = () => this.#stop('it took too long and was stopped');
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    await this.#closed;
    signal.removeEventListener('abort', abort);
  }

  take() {
    const lines = this.#lines;
    this.#lines = [];
    this.#resume();
    return { lines, ended: this.#ended };
  }

  #stop(why: string): void {
    if (this.#ended === undefined) this.kill();
    this.#ended ??= why;
  }

  kill(): void {
    this.#child.kill('SIGTERM');
    setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MS).unref();
  }
}
