import type { AdapterName } from './adapter.ts';
import { type ErrorColumns, ErrorRecord, meanAbsolute, RECORD_ROWS } from './error-record.ts';

/**
 * How weights are made: mean absolute errors over the newest `rows`, to the power of minus `power`. What a member can do
 * shows within days on one stream and takes a week on another, so each memory has an equal say.
 */
const MEMORIES: readonly Memory[] = [
  { rows: 48, power: 8 },
  { rows: 96, power: 12 },
  { rows: 192, power: 12 },
];
/** Where one speaks alone: the power is past all bounds. */
const WINNER: Memory = { rows: 48, power: Number.POSITIVE_INFINITY };
/** Newest rows that the gate is set by, and the fewest. */
const GATE_ROWS = 384;
const LEAST_GATE_ROWS = 8;
const GATES = [1, 0.75, 0.5, 0.25];
/** Standard errors that a gain over naive has to measure before it is believed. */
const SIGNIFICANCE = 2.6;

interface Memory {
  readonly rows: number;
  readonly power: number;
}

/** How the members' forecasts become one: naive + gate · (Σ weight · member − naive). */
export interface Combination {
  /** Of the members that beat naive; in sum 1, less where over some memory none did: the rest is naive's. */
  readonly weights: ReadonlyMap<AdapterName, number>;
  /** From 0, where only naive speaks, to 1, where it doesn't. */
  readonly gate: number;
}

/**
 * Turns the record of errors into a combination. Forecasts are combined linearly, so errors are, too: what the
 * combination would have erred on each row of the record, with the weights of the rows before, follows from the record
 * alone. The gate is set by those errors: it stays shut until the gain over naive is significant.
 */
export class Combiner {
  readonly record: ErrorRecord;
  /** Errors of the members combined, and of what came out after the gate, on the newest rows. */
  readonly #combined: number[] = [];
  readonly #said: number[] = [];
  readonly #best: boolean;
  #pushed = 0;
  #combination: Combination = { weights: new Map(), gate: 0 };

  /** `mode`: whether members are averaged, or the best of them speaks alone. */
  constructor(names: readonly AdapterName[], errors: ErrorColumns, mode: 'average' | 'best') {
    this.#best = mode === 'best';
    const past = new ErrorRecord(names, errors);
    this.record = new ErrorRecord(names);
    for (let row = 0; row < past.rows; row += 1) {
      this.push(new Map(past.names.map((name) => [name, past.column(name)[row] ?? Number.NaN])));
    }
  }

  /** Rows that were taken so far. */
  get pushed(): number {
    return this.#pushed;
  }

  get combination(): Combination {
    return this.#combination;
  }

  /** Errors of what was said, on the newest rows, oldest first. */
  get errors(): readonly number[] {
    return this.#said;
  }

  /** Takes the errors of a row, by the combination that stood before it, and makes the next one. */
  push(errors: ReadonlyMap<AdapterName, number>): void {
    const naive = errors.get('naive');
    if (naive === undefined || !Number.isFinite(naive)) return;
    const { weights, gate } = this.#combination;
    const combined = combine(weights, errors, naive);
    append(this.#combined, combined);
    append(this.#said, naive + gate * (combined - naive));
    this.record.push(errors);
    this.#pushed += 1;
    this.#combination = { weights: this.#weights(), gate: this.#gate() };
  }

  #weights(): ReadonlyMap<AdapterName, number> {
    if (this.#best) return this.#shares(WINNER);
    const weights = new Map<AdapterName, number>();
    for (const memory of MEMORIES) {
      for (const [name, share] of this.#shares(memory)) {
        weights.set(name, (weights.get(name) ?? 0) + share / MEMORIES.length);
      }
    }
    return weights;
  }

  /** Of the members that beat naive over the rows of a memory; in sum 1, empty where none does. */
  #shares({ rows, power }: Memory): ReadonlyMap<AdapterName, number> {
    const naive = this.record.meanAbsolute('naive', rows);
    const means = this.record.names
      .map((name) => ({ name, mae: this.record.meanAbsolute(name, rows) }))
      .filter(({ name, mae }) => name !== 'naive' && mae < naive);
    const least = Math.min(...means.map(({ mae }) => mae));
    // An exact member has no error to divide by; next to it, nobody else counts.
    const shares = means.map(({ name, mae }) => ({
      name,
      share: mae === least ? 1 : (least / mae) ** power,
    }));
    const total = shares.reduce((sum, { share }) => sum + share, 0);
    return new Map(shares.map(({ name, share }) => [name, share / total]));
  }

  /** The factor with the least error of those whose gain over naive is significant; 0 if none is. */
  #gate(): number {
    const combined = this.#combined.slice(-GATE_ROWS);
    const naive = this.record.column('naive').slice(-combined.length);
    if (combined.length < LEAST_GATE_ROWS) return 0;
    let best = 0;
    let least = meanAbsolute(naive);
    for (const gate of GATES) {
      const gains = combined.map((error, row) => {
        const unmoved = naive[row] ?? 0;
        return Math.abs(unmoved) - Math.abs(unmoved + gate * (error - unmoved));
      });
      const { mean, error } = standardError(gains);
      if (!(mean > SIGNIFICANCE * error) || meanAbsolute(naive) - mean >= least) continue;
      best = gate;
      least = meanAbsolute(naive) - mean;
    }
    return best;
  }
}

/** Members that are not there leave their share to naive. */
export function combine(
  weights: ReadonlyMap<AdapterName, number>,
  values: ReadonlyMap<AdapterName, number>,
  naive: number,
): number {
  let sum = naive;
  for (const [name, weight] of weights) sum += weight * ((values.get(name) ?? naive) - naive);
  return sum;
}

function standardError(values: readonly number[]): { mean: number; error: number } {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (n - 1) / n) };
}

function append(errors: number[], error: number): void {
  errors.push(error);
  if (errors.length > RECORD_ROWS) errors.shift();
}
