import { randomFrom } from '../../../schema/seeded-random.ts';
import { shuffle } from '../../numeric/shuffle.ts';
import type { Lessons } from '../scaled-change.ts';
import { initialise, Perceptron, type PerceptronShape } from './perceptron.ts';

/** Rows whose gradients make one step. */
const BATCH = 64;
/** The rate at the start of a cycle; it falls to nothing along a cosine (Loshchilov and Hutter 2017). */
const RATE = 0.005;
/** What the weights lose with each step, beside the rate (AdamW; Loshchilov and Hutter 2019). */
const DECAY = 0.05;
/** Moments of the gradients, as usual (Adam; Kingma and Ba 2015). */
const [BETA_1, BETA_2] = [0.9, 0.999];
const TINY = 1e-8;
/** Below this size errors count by their squares (Huber), so that steps get smaller towards the end. */
const ROUNDED = 0.1;

/**
 * Teaches a perceptron by stochastic gradients to err least in absolute terms. It is taught in cycles: at the end of each
 * it has come to rest and can be used. The same seed and the same lessons make the same perceptron.
 */
export class Descent {
  readonly perceptron: Perceptron;
  readonly #random: () => number;
  readonly #gradient: Float64Array;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;
  #steps = 0;

  constructor(shape: PerceptronShape, seed: number) {
    this.#random = randomFrom(seed);
    this.perceptron = new Perceptron(shape);
    const parameters = this.perceptron.parameters.length;
    this.#gradient = new Float64Array(parameters);
    this.#means = new Float64Array(parameters);
    this.#squares = new Float64Array(parameters);
    initialise(this.perceptron, normalOf(this.#random));
  }

  /** Goes `epochs` times through the lessons, each time in another order. */
  cycle({ inputs, targets }: Lessons, epochs: number): void {
    const { perceptron } = this;
    const columns = perceptron.shape.inputs;
    const order = Int32Array.from(targets, (_, row) => row);
    const steps = epochs * Math.ceil(order.length / BATCH);
    let step = 0;
    for (let epoch = 0; epoch < epochs; epoch += 1) {
      shuffle(order, this.#random);
      for (let start = 0; start < order.length; start += BATCH, step += 1) {
        const end = Math.min(start + BATCH, order.length);
        this.#gradient.fill(0);
        for (let at = start; at < end; at += 1) {
          const row = order[at] ?? 0;
          const error = perceptron.output(inputs, row * columns) - (targets[row] ?? 0);
          const slope = Math.max(-1, Math.min(1, error / ROUNDED)) / (end - start);
          perceptron.backpropagate(slope, this.#gradient);
        }
        this.#step(0.5 * RATE * (1 + Math.cos((Math.PI * step) / steps)));
      }
    }
  }

  #step(rate: number): void {
    this.#steps += 1;
    const { parameters } = this.perceptron;
    const [gradient, means, squares] = [this.#gradient, this.#means, this.#squares];
    const unbiasedMean = 1 / (1 - BETA_1 ** this.#steps);
    const unbiasedSquare = 1 / (1 - BETA_2 ** this.#steps);
    for (let i = 0; i < parameters.length; i += 1) {
      const slope = gradient[i] ?? 0;
      const mean = BETA_1 * (means[i] ?? 0) + (1 - BETA_1) * slope;
      const square = BETA_2 * (squares[i] ?? 0) + (1 - BETA_2) * slope * slope;
      means[i] = mean;
      squares[i] = square;
      const before = parameters[i] ?? 0;
      const move = (mean * unbiasedMean) / (Math.sqrt(square * unbiasedSquare) + TINY);
      parameters[i] = before - rate * (move + DECAY * before);
    }
  }
}

/** Standard normal numbers (Box and Muller). */
function normalOf(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
