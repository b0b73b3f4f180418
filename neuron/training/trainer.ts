import type { AdapterName } from '../adapters/adapter.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Turns } from '../turns.ts';
import { TRAINING_PROTOCOL } from './messages.ts';
import { TrainingFailed, type TrainingPool } from './pool.ts';
import { type Pupil, Pupils } from './pupils.ts';
import type { Trainees, TrainingState } from './trainees.ts';
import { type TrainingNeed, urgency } from './urgency.ts';

export interface TrainerOptions {
  readonly trainees: Trainees;
  readonly pool: Pick<TrainingPool, 'threads' | 'train' | 'stop'>;
  readonly adapters: readonly AdapterName[];
  /** Steps ahead that are predicted, and levels of their quantiles. */
  readonly horizons: readonly number[];
  readonly levels: readonly number[];
  readonly intervalMs: number;
  /** What one training may take at most in memory, in bytes, and in time. */
  readonly memoryBytes: number;
  readonly timeoutMs: number;
  /** With more streams than this their models would take too much of the main thread's memory: they get light ones. */
  readonly mostWithTrees: number;
  /** Shared with whoever else works on the main thread. */
  readonly turns: Turns;
  readonly logger: Logger;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Bounds of the pause after a failed training, ms. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** Bounds of what a training is asked to make do with, ms; the pool's timeout is the hard one. */
const LEAST_BUDGET_MS = 500;
/** Memory that is enough for everything but trees, in bytes. */
const LIGHT_BYTES = 64e6;
/** The queue is looked at again after this many ms at least. */
const LOOK_AGAIN_MS = 60_000;

/**
 * Decides which stream is trained when, and puts the result to use. As many trainings as there are threads are under
 * way at a time; nothing waits for them.
 */
export class Trainer {
  readonly #options: TrainerOptions;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #pupils: Pupils;
  readonly #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #nextMs = LOOK_AGAIN_MS;
  #held = true;
  #stopped = false;
  #completed = 0;
  #failed = 0;

  constructor(options: TrainerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
    const { trainees, intervalMs } = options;
    this.#pupils = new Pupils({ trainees, intervalMs, now: this.#now });
  }

  /** These streams have new rows, or are new. */
  observed(streams: Iterable<number>): void {
    for (const stream of streams) this.#pupils.get(stream).stale = true;
    this.#schedule(0);
  }

  /** No new trainings until `release`: history is still coming in. */
  hold(): void {
    this.#held = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  release(): void {
    this.#held = false;
    this.#schedule(0);
  }

  /** Cuts off what is under way, and starts nothing more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.hold();
    await this.#options.pool.stop();
    await this.#looking;
    await Promise.all(this.#running);
  }

  state(stream: number): TrainingState {
    return this.#pupils.state(stream);
  }

  summary() {
    const { threads } = this.#options.pool;
    return { threads, running: this.#running.size, completed: this.#completed, failed: this.#failed };
  }

  #schedule(ms: number): void {
    if (this.#held || this.#stopped) return;
    this.#lookAgain = true;
    clearTimeout(this.#timer);
    if (this.#looking !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        this.#schedule(this.#lookAgain ? 0 : this.#nextMs);
      });
    }, ms);
  }

  /** Starts what is due, the most urgent first; `#nextMs` is when the next will be. */
  async #look(): Promise<void> {
    const { intervalMs, pool, turns, logger } = this.#options;
    const now = this.#now();
    this.#lookAgain = false;
    let next = now + LOOK_AGAIN_MS;
    try {
      const due: TrainingNeed[] = [];
      for (const [stream, pupil] of this.#pupils.all()) {
        if (pupil.running) continue;
        const need = this.#pupils.need(stream, pupil);
        const at = this.#pupils.dueAt(need);
        if (at <= now) due.push(need);
        else next = Math.min(next, at);
        await turns.next();
        if (this.#held || this.#stopped) return;
      }
      due.sort((a, b) => urgency(b, now, intervalMs) - urgency(a, now, intervalMs));
      for (const need of due) {
        if (this.#running.size >= pool.threads) break;
        this.#start(need);
      }
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'the training queue could not be read; it is tried again');
      next = now + FIRST_PAUSE_MS;
    }
    this.#nextMs = Math.max(1, next - now);
  }

  #start(need: TrainingNeed): void {
    const pupil = this.#pupils.get(need.stream);
    pupil.running = true;
    const work: Promise<void> = this.#train(need, pupil)
      .catch((error: unknown) => this.#failure(need.stream, pupil, error))
      .finally(() => {
        pupil.running = false;
        pupil.stale = true;
        this.#running.delete(work);
        this.#schedule(0);
      });
    this.#running.add(work);
  }

  async #train({ stream, drifted }: TrainingNeed, pupil: Pupil): Promise<void> {
    const { trainees, pool, adapters, horizons, levels, logger } = this.#options;
    const stable = trainees.stable(stream);
    const began = this.#now();
    // What was cut off is asked to make do with less the next time.
    const lighter = 2 ** Math.min(pupil.failures, 10);
    const series = await trainees.series(stream);
    const { training } = await pool.train({
      protocol: TRAINING_PROTOCOL,
      series,
      options: {
        ...{ adapters, horizons, levels },
        resources: { memoryBytes: this.#memoryBytes() / lighter, cores: 1 },
        seed: stream * 1_000 + (stable?.generation ?? 0),
        budgetMs: this.#budgetMs() / lighter,
        reopen: drifted,
      },
      stable,
    });
    if (this.#stopped) return;
    const { decision, reason, model } = training;
    const at = this.#now();
    if (decision !== 'keep' && model) await trainees.adopt(stream, { ...training, model }, at);
    this.#completed += 1;
    pupil.seenThrough = Math.max(pupil.seenThrough, series.times.at(-1) ?? Number.NEGATIVE_INFINITY);
    Object.assign(pupil, { trainedAt: at, failures: 0, notBefore: 0, lastTrouble: null });
    pupil.last = { decision, reason, tookMs: at - began };
    logger.debug({ stream, ...pupil.last }, 'a stream was trained');
  }

  #memoryBytes(): number {
    const { memoryBytes, mostWithTrees } = this.#options;
    return this.#pupils.size > mostWithTrees ? Math.min(memoryBytes, LIGHT_BYTES) : memoryBytes;
  }

  /** All streams should have their turn within half of the interval. */
  #budgetMs(): number {
    const { intervalMs, pool, timeoutMs } = this.#options;
    const share = (intervalMs * pool.threads) / (2 * Math.max(this.#pupils.size, 1));
    return Math.min(Math.max(share, LEAST_BUDGET_MS), timeoutMs / 2);
  }

  #failure(stream: number, pupil: Pupil, error: unknown): void {
    if (this.#stopped || (error instanceof TrainingFailed && error.trouble === 'stopped')) return;
    const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(pupil.failures, 20));
    const pauseMs = ceiling * (0.5 + this.#random() / 2);
    pupil.failures += 1;
    pupil.notBefore = this.#now() + pauseMs;
    pupil.lastTrouble = messageOf(error);
    this.#failed += 1;
    const trouble = error instanceof TrainingFailed ? error.trouble : 'crash';
    this.#options.logger.warn(
      { stream, trouble, error: pupil.lastTrouble, failures: pupil.failures, pauseMs: Math.round(pauseMs) },
      'a training failed; the stream goes on with what it has and is trained again later',
    );
  }
}
