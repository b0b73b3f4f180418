/** What the server made of a prediction of ours, in the units of the stream. */
export interface LiveScore {
  readonly absoluteError: number;
  readonly naiveAbsoluteError: number;
}

/** Newest scores that count, and the fewest. */
const ROWS = 48;
const LEAST_ROWS = 12;
/** Standard errors by which naive must have been better. */
const SIGNIFICANCE = 1.7;

/**
 * The server's scores of what was really submitted. They may be worse than the errors at home: predictions come late,
 * values are corrected. Where naive would have scored significantly better, the model loses its say.
 */
export class LiveScores {
  readonly #losses: number[] = [];
  #errors = 0;
  #naiveErrors = 0;

  push({ absoluteError, naiveAbsoluteError }: LiveScore): void {
    if (!Number.isFinite(absoluteError) || !Number.isFinite(naiveAbsoluteError)) return;
    this.#losses.push(absoluteError - naiveAbsoluteError);
    if (this.#losses.length > ROWS) this.#losses.shift();
    this.#errors += absoluteError;
    this.#naiveErrors += naiveAbsoluteError;
  }

  /** Skill over all scores; null before there are any. */
  get skill(): number | null {
    return this.#naiveErrors > 0 ? 1 - this.#errors / this.#naiveErrors : null;
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
