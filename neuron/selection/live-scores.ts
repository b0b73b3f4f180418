/** What the server made of a prediction of ours, in the units of the stream. */
export interface LiveScore {
  readonly absoluteError: number;
  readonly naiveAbsoluteError: number;
}

/** Newest scores that count, and the fewest. */
export const SCORE_ROWS = 48;
const LEAST_ROWS = 12;
/** Standard errors by which naive must have been better. */
const SIGNIFICANCE = 1.7;

/**
 * The server's scores of what was really submitted. They may be worse than the errors at home: predictions come late,
 * values are corrected. Where naive would have scored significantly better, the model loses its say. It is a function
 * of the newest scores alone, which are stored: a restart changes nothing.
 */
export class LiveScores {
  readonly #losses: readonly number[];
  /** Skill over the scores that count; null before there are any. */
  readonly skill: number | null;

  /** Oldest first. */
  constructor(scores: readonly LiveScore[] = []) {
    const newest = scores
      .filter((score) => Number.isFinite(score.absoluteError) && Number.isFinite(score.naiveAbsoluteError))
      .slice(-SCORE_ROWS);
    this.#losses = newest.map(({ absoluteError, naiveAbsoluteError }) => absoluteError - naiveAbsoluteError);
    const errors = newest.reduce((sum, { absoluteError }) => sum + absoluteError, 0);
    const naiveErrors = newest.reduce((sum, { naiveAbsoluteError }) => sum + naiveAbsoluteError, 0);
    this.skill = naiveErrors > 0 ? 1 - errors / naiveErrors : null;
  }

  /** How much of the model's deviation from naive is to be trusted: 1, or 0 where it loses. */
  get trust(): 0 | 1 {
    const n = this.#losses.length;
    if (n < LEAST_ROWS) return 1;
    const mean = this.#losses.reduce((sum, loss) => sum + loss, 0) / n;
    const squares = this.#losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0);
    return mean > SIGNIFICANCE * Math.sqrt(squares / (n - 1) / n) ? 0 : 1;
  }
}
