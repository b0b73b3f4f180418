import type { AdapterName } from './adapter.ts';
import { type ErrorColumns, ErrorRecord, RECORD_ROWS } from './error-record.ts';
import { GATE_ROWS, gateOf } from './gate.ts';
import { movedBy, roundTo, usefulGrain } from './grain.ts';
import { Regrets } from './regrets.ts';

/**
 * How weights are made: mean absolute errors over the newest `rows`, to the power of minus `power`. What a member can do
 * shows within days on one stream and takes a week on another, so each memory has an equal say.
 */
const MEMORIES: readonly Memory[] = [
  { rows: 48, power: 8 },
  { rows: 96, power: 12 },
  { rows: 192, power: 12 },
];
/** What part of the weights is made by regrets; the memories share the rest. */
const REGRETS_SAY = 0.5;
/** Where one speaks alone: the power is past all bounds. */
const WINNER: Memory = { rows: 48, power: Number.POSITIVE_INFINITY };

interface Memory {
  readonly rows: number;
  readonly power: number;
}

/** Rows before one that tell how large naive's errors were just then. */
const SIZE_ROWS = 48;
const NOTHING: Combination = { weights: new Map(), gate: 0, grain: 0 };

/** How the members' forecasts become one: naive + gate · (Σ weight · member − naive), rounded to whole grains. */
export interface Combination {
  /** Of the members that beat naive; in sum 1, less where over some memory none did: the rest is naive's. */
  readonly weights: ReadonlyMap<AdapterName, number>;
  /** From 0, where only naive speaks, to 1, where it doesn't. */
  readonly gate: number;
  /** The step that values come in, where rounding to it helps; 0 where it doesn't. */
  readonly grain: number;
}

/**
 * Turns the record of errors into a combination. Forecasts are combined linearly, so errors are, too: what the
 * combination would have erred on each row of the record, with the weights of the rows before, follows from the record
 * alone. The gate is set by those errors: it stays shut until the gain over naive is significant. So is the grain: what
 * was observed is a multiple of it, so rounding a forecast rounds its error.
 */
export class Combiner {
  readonly record: ErrorRecord;
  /** On the newest rows: errors of the members combined, of what the gate made of them, and of what was said. */
  readonly #combined: number[] = [];
  readonly #gated: number[] = [];
  readonly #said: number[] = [];
  /** How large naive's errors were before each of these rows. */
  readonly #sizes: number[] = [];
  readonly #regrets: Regrets;
  readonly #best: boolean;
  #pushed = 0;
  #combination = NOTHING;

  /** `mode`: whether members are averaged, or the best of them speaks alone. */
  constructor(names: readonly AdapterName[], errors: ErrorColumns, mode: 'average' | 'best') {
    this.#best = mode === 'best';
    const past = new ErrorRecord(names, errors);
    this.record = new ErrorRecord(names);
    this.#regrets = new Regrets(this.record.names);
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
    const { weights, gate, grain } = this.#combination;
    const combined = combine(weights, errors, naive);
    const gated = naive + gate * (combined - naive);
    append(this.#combined, combined);
    append(this.#gated, gated);
    append(this.#said, roundTo(grain, gated));
    append(this.#sizes, this.record.meanAbsolute('naive', SIZE_ROWS));
    this.record.push(errors);
    this.#regrets.push(errors);
    this.#pushed += 1;
    this.#combination = { weights: this.#weights(), ...this.#gateAndGrain() };
  }

  #gateAndGrain(): Pick<Combination, 'gate' | 'grain'> {
    const newest = (errors: readonly number[]) => errors.slice(-GATE_ROWS);
    const naive = newest(this.record.column('naive'));
    const gate = gateOf({ combined: newest(this.#combined), naive, sizes: newest(this.#sizes) });
    return { gate, grain: gate === 0 ? 0 : usefulGrain(naive, newest(this.#gated)) };
  }

  #weights(): ReadonlyMap<AdapterName, number> {
    if (this.#best) return this.#shares(WINNER);
    const weights = new Map<AdapterName, number>();
    const add = (shares: ReadonlyMap<AdapterName, number>, say: number) => {
      for (const [name, share] of shares) {
        if (name !== 'naive') weights.set(name, (weights.get(name) ?? 0) + share * say);
      }
    };
    for (const memory of MEMORIES) add(this.#shares(memory), (1 - REGRETS_SAY) / MEMORIES.length);
    add(this.#regrets.weights, REGRETS_SAY);
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

/** What a combination makes of forecasts, naive's given by itself. */
export function spoken(
  { weights, gate, grain }: Combination,
  forecasts: ReadonlyMap<AdapterName, number>,
  naive: number,
): number {
  return gate === 0 ? naive : movedBy(grain, naive, gate * (combine(weights, forecasts, naive) - naive));
}

function append(errors: number[], error: number): void {
  errors.push(error);
  if (errors.length > RECORD_ROWS) errors.shift();
}
