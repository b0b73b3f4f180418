import type { Position } from '../../../../schema/log-entry.ts';
import type { EpochMs } from '../../../../schema/time.ts';
import { distance, exact, toFloat } from './exact.ts';
import type { ObservationRevision, PredictionRevision, StreamLog } from './log-rows.ts';

/** What a prediction's score has to be. Errors are whole numbers of 10^-30. */
export interface ExpectedScore {
  readonly prediction: PredictionRevision;
  readonly targetPosition: Position;
  readonly absoluteError: bigint;
  readonly naiveError: bigint;
  readonly scaledError: number;
  readonly crps: number | null;
}

/** A target of horizon 1 that anyone on the stream could have predicted. */
export interface ExpectedTarget {
  readonly voided: boolean;
  readonly naiveError: bigint;
  readonly naiveScaled: number;
  /** By peer id: the scores of those who predicted it; none if it is retracted. */
  readonly scores: ReadonlyMap<number, ExpectedScore>;
  /** Peers that predicted it, retracted or not. */
  readonly everPredicted: ReadonlySet<number>;
}

/** What follows from a stream's log. */
export interface Replayed {
  /** By the prediction's id, of every target that is in and not retracted. */
  readonly scores: ReadonlyMap<Position, ExpectedScore>;
  /** In the order in which they came, from the stream's first prediction on. */
  readonly targets: readonly ExpectedTarget[];
  /** Ids of predictions that should not have been accepted, as their target was in the log. */
  readonly late: readonly Position[];
}

interface Slot {
  readonly observedAt: EpochMs;
  present: ObservationRevision;
}

/** What may be predicted from a base at a horizon. */
interface Question {
  readonly base: Slot;
  readonly horizon: number;
  /** Observations still to come until its target. */
  remaining: number;
  readonly answers: Map<number, PredictionRevision>;
}

interface Target {
  readonly question: Question;
  readonly slot: Slot;
  /** The naive forecast and the scale, as they were when it came. */
  readonly naive: bigint;
  readonly scale: number;
}

/**
 * Goes through a stream's log entry by entry and does by hand what docs/scoring.md says: no index, no sums, no code of
 * the scorer. That is what makes it worth comparing with.
 */
export function replay(log: StreamLog): Replayed {
  const stream = new Replay();
  for (const entry of log) {
    if (entry.topic === 'prediction') stream.predict(entry);
    else stream.observe(entry);
  }
  return stream.result();
}

class Replay {
  readonly #byPosition = new Map<Position, Slot>();
  /** In order of time. */
  readonly #slots: Slot[] = [];
  readonly #questions = new Map<string, Question>();
  readonly #open = new Set<Question>();
  readonly #targets: Target[] = [];
  readonly #numbered: Target[] = [];
  readonly #late: Position[] = [];

  predict(prediction: PredictionRevision): void {
    const base = this.#byPosition.get(prediction.basePosition);
    if (!base) {
      this.#late.push(prediction.id);
      return;
    }
    const key = questionKey(base, prediction.horizon);
    const question = this.#questions.get(key) ?? this.#ask(key, base, prediction.horizon);
    if (question.remaining <= 0) this.#late.push(prediction.id);
    else question.answers.set(prediction.peerId, prediction);
  }

  observe(observation: ObservationRevision): void {
    const at = lastIndex(this.#slots, observation.observedAt);
    const found = this.#slots[at];
    if (found?.observedAt === observation.observedAt) {
      found.present = observation;
      this.#byPosition.set(observation.position, found);
      return;
    }
    const slot: Slot = { observedAt: observation.observedAt, present: observation };
    this.#arrive(slot, at);
    this.#slots.splice(at + 1, 0, slot);
    this.#byPosition.set(observation.position, slot);
  }

  result(): Replayed {
    const scores = new Map<Position, ExpectedScore>();
    const byTarget = new Map<Target, Map<number, ExpectedScore>>();
    for (const target of this.#targets) {
      const peers = new Map<number, ExpectedScore>();
      byTarget.set(target, peers);
      if (target.slot.present.retracted) continue;
      for (const [peerId, prediction] of target.question.answers) {
        const score = scoreOf(prediction, target);
        scores.set(prediction.id, score);
        peers.set(peerId, score);
      }
    }
    const targets = this.#numbered.map((target): ExpectedTarget => {
      const naiveError = distance(exact(target.slot.present.value), target.naive);
      const naiveScaled = scaled(naiveError, target.scale, naiveError);
      const { retracted: voided } = target.slot.present;
      const everPredicted = new Set(target.question.answers.keys());
      return { voided, naiveError, naiveScaled, scores: byTarget.get(target) ?? new Map(), everPredicted };
    });
    return { scores, targets, late: this.#late };
  }

  #ask(key: string, base: Slot, horizon: number): Question {
    const followers = this.#slots.length - 1 - this.#slots.indexOf(base);
    const question = { base, horizon, remaining: horizon - followers, answers: new Map() };
    this.#questions.set(key, question);
    if (question.remaining > 0) this.#open.add(question);
    return question;
  }

  /** Counts a new observation for every question that waits. `before` is the index of what it follows in time. */
  #arrive(slot: Slot, before: number): void {
    const base = this.#slots[before];
    if (base && before === this.#slots.length - 1 && this.#questions.size > 0) {
      const key = questionKey(base, 1);
      const question = this.#questions.get(key) ?? this.#ask(key, base, 1);
      this.#numbered.push(this.#target(question, slot, before));
    }
    for (const question of this.#open) {
      if (question.base.observedAt >= slot.observedAt) continue;
      question.remaining -= 1;
      if (question.remaining > 0) continue;
      this.#open.delete(question);
      const numbered = this.#numbered.at(-1);
      this.#targets.push(numbered?.question === question ? numbered : this.#target(question, slot, before));
    }
  }

  #target(question: Question, slot: Slot, before: number): Target {
    const naive = exact(question.base.present.value);
    return { question, slot, naive, scale: meanStep(this.#slots, before) };
  }
}

function questionKey(base: Slot, horizon: number): string {
  return `${base.observedAt}+${horizon}`;
}

/** Index of the last slot whose time is not after `time`; -1 if there is none. */
function lastIndex(slots: readonly Slot[], time: EpochMs): number {
  let index = slots.length - 1;
  while (index >= 0 && (slots[index]?.observedAt ?? 0) > time) index -= 1;
  return index;
}

/** Mean distance of neighbours among the last 101 present observations up to `last`. */
function meanStep(slots: readonly Slot[], last: number): number {
  const values: bigint[] = [];
  for (let index = last; index >= 0 && values.length < 101; index -= 1) {
    const present = slots[index]?.present;
    if (present && !present.retracted) values.push(exact(present.value));
  }
  if (values.length < 2) return 0;
  const steps = values.slice(1).map((value, index) => distance(value, values[index] ?? value));
  return toFloat(steps.reduce((sum, step) => sum + step, 0n)) / steps.length;
}

function scoreOf(prediction: PredictionRevision, { slot, naive, scale }: Target): ExpectedScore {
  const actual = exact(slot.present.value);
  const absoluteError = distance(exact(prediction.value), actual);
  const naiveError = distance(naive, actual);
  return {
    ...{ prediction, targetPosition: slot.present.position, absoluteError, naiveError },
    scaledError: scaled(absoluteError, scale, naiveError),
    crps: pinballSum(prediction, actual),
  };
}

function scaled(error: bigint, scale: number, naiveError: bigint): number {
  if (scale > 0) return toFloat(error) / scale;
  if (naiveError > 0n) return toFloat(error) / toFloat(naiveError);
  return error > 0n ? 1 : 0;
}

function pinballSum({ levels, values }: PredictionRevision, actual: bigint): number | null {
  if (levels.length === 0) return null;
  let sum = 0;
  for (const [index, level] of levels.entries()) {
    const above = toFloat(actual - exact(values[index] ?? '0'));
    sum += above >= 0 ? above * level : -above * (1 - level);
  }
  return (2 * sum) / levels.length;
}
