import { LEAST_ROWS } from '../selection/train.ts';
import { skillOf, type Trainees, type TrainingState } from './trainees.ts';
import { dueAt, type TrainingNeed } from './urgency.ts';

/** A stream as the trainer knows it. */
export interface Pupil {
  trainedAt: number | undefined;
  /** Time of the newest row that a training has seen, whether its model came into use or not. */
  seenThrough: number;
  /** As it was when it was last looked at; something has happened since where `stale` is set. */
  need: TrainingNeed | undefined;
  stale: boolean;
  failures: number;
  notBefore: number;
  running: boolean;
  last: TrainingState['last'];
  lastTrouble: string | null;
}

interface PupilsOptions {
  readonly trainees: Trainees;
  readonly intervalMs: number;
  readonly now: () => number;
}

/** The streams that are trained: what each needs, and how its training stands. */
export class Pupils {
  readonly #options: PupilsOptions;
  readonly #pupils = new Map<number, Pupil>();

  constructor(options: PupilsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#pupils.size;
  }

  all(): IterableIterator<[stream: number, pupil: Pupil]> {
    return this.#pupils.entries();
  }

  /** When a stream of such needs is to be trained, epoch ms. */
  dueAt(need: TrainingNeed): number {
    return dueAt(need, this.#options.intervalMs, LEAST_ROWS);
  }

  state(stream: number): TrainingState {
    const pupil = this.get(stream);
    const need = this.need(stream, pupil);
    const due = this.dueAt(need);
    const { newRows } = need;
    const { failures, last, lastTrouble } = pupil;
    const dueOrNull = Number.isFinite(due) ? due : null;
    return {
      state: this.#stateOf(pupil, due),
      dueAt: dueOrNull,
      trainedAt: pupil.trainedAt ?? null,
      newRows,
      failures,
      last,
      lastTrouble,
    };
  }

  #stateOf(pupil: Pupil, due: number): TrainingState['state'] {
    if (pupil.running) return 'training';
    if (due <= this.#options.now()) return 'queued';
    if (pupil.failures > 0) return 'failed';
    return Number.isFinite(due) ? 'waiting' : 'idle';
  }

  /** What is known of a stream's training; a stream that is new is one from now on. */
  get(stream: number): Pupil {
    const known = this.#pupils.get(stream);
    if (known) return known;
    const pupil: Pupil = {
      trainedAt: this.#options.trainees.trainedAt(stream),
      seenThrough: Number.NEGATIVE_INFINITY,
      need: undefined,
      stale: true,
      failures: 0,
      notBefore: 0,
      running: false,
      last: null,
      lastTrouble: null,
    };
    this.#pupils.set(stream, pupil);
    return pupil;
  }

  /** Counts and weighs only what something happened to: there may be thousands of streams. */
  need(stream: number, pupil: Pupil): TrainingNeed {
    if (pupil.need && !pupil.stale) return pupil.need;
    const { trainees } = this.#options;
    const stable = trainees.stable(stream);
    const through = Math.max(stable?.through ?? Number.NEGATIVE_INFINITY, pupil.seenThrough);
    const { all: rows, newer: newRows } = trainees.rows(stream, through);
    const standing = trainees.standing(stream);
    const { trainedAt, notBefore } = pupil;
    const backtestSkill = skillOf(stable);
    const need = {
      ...{ stream, trainedAt, rows, newRows, notBefore, backtestSkill },
      // What the server scored is what counts; errors at home stand in for it, and where nothing is known nothing is lost.
      liveSkill: standing?.liveSkill ?? standing?.skill ?? backtestSkill,
      drifted: standing?.drifted ?? false,
    };
    Object.assign(pupil, { need, stale: false });
    return need;
  }
}
