import { Piscina } from 'piscina';
import { messageOf } from '../errors.ts';
import type { TrainingOutcome, TrainingTask } from './messages.ts';

/** Why a training came to nothing. */
export type TrainingTrouble = 'timeout' | 'memory' | 'crash' | 'stopped';

/** A training that was cut off or failed as a whole; the stream's stable model is as it was. */
export class TrainingFailed extends Error {
  override readonly name = 'TrainingFailed';
  readonly trouble: TrainingTrouble;

  constructor(trouble: TrainingTrouble, message: string, options?: ErrorOptions) {
    super(message, options);
    this.trouble = trouble;
  }
}

export interface TrainingPoolOptions {
  /** Threads at most; they are started when needed and end when idle. */
  readonly threads: number;
  /** Heap that one thread may have, in MB. */
  readonly heapMb: number;
  /** After this many ms a training is cut off. */
  readonly timeoutMs: number;
  /** What the threads run instead of the training: for tests of what can go wrong. */
  readonly worker?: URL;
}

/** An idle thread is kept this long, in ms: it has its code loaded and compiled. */
const IDLE_MS = 20_000;
/** Training gives way to whatever else the machine does. */
const NICE = 5;
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** The threads that train. A training that takes too long or too much is ended with its thread, and said so. */
export class TrainingPool {
  readonly threads: number;
  readonly #timeoutMs: number;
  readonly #heapMb: number;
  readonly #pool: Piscina<TrainingTask, TrainingOutcome>;
  #broken = new AbortController();
  #stopped = false;

  constructor({ threads, heapMb, timeoutMs, worker }: TrainingPoolOptions) {
    this.threads = threads;
    this.#timeoutMs = timeoutMs;
    this.#heapMb = heapMb;
    this.#pool = new Piscina({
      filename: (worker ?? new URL(`./worker${EXTENSION}`, import.meta.url)).href,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: IDLE_MS,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
      // What trains needs no variable, least of all those with keys in them.
      env: {},
      niceIncrement: NICE,
      recordTiming: false,
    });
    // A thread that can't even start would be started for ever, and its tasks would wait.
    this.#pool.on('error', (error: unknown) => {
      this.#broken.abort(error);
      this.#broken = new AbortController();
    });
  }

  /** Trains on one of the threads. Throws `TrainingFailed`. */
  async train(task: TrainingTask): Promise<TrainingOutcome> {
    // Piscina would start threads anew.
    if (this.#stopped) throw stopped();
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const broken = this.#broken.signal;
    try {
      return await this.#pool.run(task, { signal: AbortSignal.any([timeout, broken]) });
    } catch (error) {
      throw this.#failure(broken.aborted ? broken.reason : error, timeout.aborted);
    }
  }

  /** Ends the threads and what they are doing. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#pool.destroy();
  }

  #failure(error: unknown, timedOut: boolean): TrainingFailed {
    const options = { cause: error };
    if (this.#stopped) return stopped(options);
    if (timedOut) {
      return new TrainingFailed('timeout', `It took longer than ${this.#timeoutMs} ms.`, options);
    }
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return new TrainingFailed('memory', `It took more than ${this.#heapMb} MB of heap.`, options);
    }
    return new TrainingFailed('crash', messageOf(error), options);
  }
}

function stopped(options?: ErrorOptions): TrainingFailed {
  return new TrainingFailed('stopped', 'The neuron stopped.', options);
}
