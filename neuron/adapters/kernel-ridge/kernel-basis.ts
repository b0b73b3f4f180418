/** What a ridge penalises a coefficient of an input by, and the intercept, beside the strength. */
const STRAIGHT_PENALTY = 10 / 3;
const INTERCEPT_PENALTY = 0.01;
/** Is added to the kernel of a landmark with itself: landmarks may be the same. */
const JITTER = 1e-6;

/**
 * Functions that a kernel machine adds up: how near inputs are to each landmark, by Matérn's kernel with ν = 3/2, then the
 * inputs themselves, so that what is linear needs no landmarks, then 1. Landmarks stand for all rows (Nyström's
 * approximation; Williams and Seeger 2001). All inputs are weighed by their relevance first.
 */
export class KernelBasis {
  /** Functions there are. */
  readonly columns: number;
  readonly relevances: Float64Array;
  /** Weighed inputs (row-major), in single precision, in which they are saved. */
  readonly landmarks: Float32Array;
  readonly #count: number;
  readonly #weighed: Float64Array;

  constructor(relevances: Float64Array, landmarks: Float32Array) {
    this.relevances = relevances;
    this.landmarks = landmarks;
    this.#count = landmarks.length / relevances.length;
    this.#weighed = new Float64Array(relevances.length);
    this.columns = this.#count + relevances.length + 1;
  }

  /** Writes the functions of the inputs that start at `offset` into `out` from `at` on. */
  fill(inputs: Float64Array, offset: number, out: Float64Array, at: number): void {
    const { relevances, landmarks } = this;
    const weighed = this.#weighed;
    const columns = relevances.length;
    for (let i = 0; i < columns; i += 1) weighed[i] = (inputs[offset + i] ?? 0) * (relevances[i] ?? 0);
    for (let landmark = 0, from = 0; landmark < this.#count; landmark += 1, from += columns) {
      let squares = 0;
      for (let i = 0; i < columns; i += 1) {
        const apart = (weighed[i] ?? 0) - (landmarks[from + i] ?? 0);
        squares += apart * apart;
      }
      out[at + landmark] = matern(squares);
    }
    out.set(weighed, at + this.#count);
    out[at + this.columns - 1] = 1;
  }

  /** What the penalty of coefficients c is: cᵀ·P·c, row-major. Of the landmarks it is the norm in the kernel's space. */
  penalties(): Float64Array {
    const { columns, landmarks, relevances } = this;
    const inputs = relevances.length;
    const penalties = new Float64Array(columns * columns);
    for (let a = 0; a < this.#count; a += 1) {
      for (let b = 0; b <= a; b += 1) {
        let squares = 0;
        for (let i = 0; i < inputs; i += 1) {
          squares += ((landmarks[a * inputs + i] ?? 0) - (landmarks[b * inputs + i] ?? 0)) ** 2;
        }
        penalties[a * columns + b] = a === b ? 1 + JITTER : matern(squares);
        penalties[b * columns + a] = penalties[a * columns + b] ?? 0;
      }
    }
    for (let i = this.#count; i < columns; i += 1) {
      penalties[i * (columns + 1)] = i < columns - 1 ? STRAIGHT_PENALTY : INTERCEPT_PENALTY;
    }
    return penalties;
  }
}

/** Matérn's kernel with ν = 3/2 and a length of 1, of a squared distance (Rasmussen and Williams 2006, 4.17). */
function matern(squares: number): number {
  const distance = Math.sqrt(3 * squares);
  return (1 + distance) * Math.exp(-distance);
}
