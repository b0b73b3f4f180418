import { type Layer, slopesBelow, sumUnits, teachUnits, type Units } from './layer.ts';

/** How a perceptron is built: how many numbers it takes, and how many units its hidden layers have. */
export interface PerceptronShape {
  readonly inputs: number;
  readonly hidden: readonly number[];
}

/**
 * A multilayer perceptron with one output: hidden layers of rectified units, and a straight way from the inputs to the
 * output beside them, so that what is linear needs no units.
 */
export class Perceptron {
  readonly shape: PerceptronShape;
  readonly parameters: Float64Array;
  readonly #layers: readonly Layer[];
  /** The first weight of the straight way: one for each input. */
  readonly #straight: number;
  /** What each layer takes; the first holds the inputs. */
  readonly #taken: readonly Float64Array[];
  /** What the last layer gives, and how much the loss changes with it. */
  readonly #given = new Float64Array(1);
  readonly #slope = new Float64Array(1);
  /** How much the loss changes with what each layer takes. */
  readonly #slopes: readonly Float64Array[];
  readonly #learning: Units;

  constructor(shape: PerceptronShape, parameters = new Float64Array(parameterCount(shape))) {
    this.shape = shape;
    this.parameters = parameters;
    this.#layers = layersOf(shape);
    this.#straight = parameters.length - shape.inputs;
    this.#taken = [shape.inputs, ...shape.hidden].map((units) => new Float64Array(units));
    this.#slopes = [shape.inputs, ...shape.hidden].map((units) => new Float64Array(units));
    this.#learning = { units: new Int32Array(Math.max(1, ...shape.hidden)), count: 0 };
  }

  /** Of the inputs from `offset` on. */
  output(inputs: Float64Array, offset = 0): number {
    const { parameters } = this;
    const [first = new Float64Array()] = this.#taken;
    let sum = 0;
    for (let i = 0; i < first.length; i += 1) {
      const input = inputs[offset + i] ?? 0;
      first[i] = input;
      sum += input * (parameters[this.#straight + i] ?? 0);
    }
    for (let index = 0; index < this.#layers.length; index += 1) {
      const layer = this.#layers[index];
      const given = this.#taken[index + 1] ?? this.#given;
      if (layer) sumUnits(parameters, layer, this.#taken[index] ?? first, given);
      if (given === this.#given) sum += given[0] ?? 0;
      else for (let unit = 0; unit < given.length; unit += 1) given[unit] = Math.max(given[unit] ?? 0, 0);
    }
    return sum;
  }

  /** Adds to `gradient` what `slope` at the output of the inputs that came last means for each parameter. */
  backpropagate(slope: number, gradient: Float64Array): void {
    const { parameters } = this;
    const [first = new Float64Array()] = this.#taken;
    for (let i = 0; i < first.length; i += 1) {
      gradient[this.#straight + i] = (gradient[this.#straight + i] ?? 0) + slope * (first[i] ?? 0);
    }
    this.#slope[0] = slope;
    for (let index = this.#layers.length - 1; index >= 0; index -= 1) {
      const layer = this.#layers[index];
      if (!layer) continue;
      const slopes = this.#slopes[index + 1] ?? this.#slope;
      this.#chooseLearning(layer, this.#taken[index + 1]);
      teachUnits(gradient, layer, this.#taken[index] ?? first, slopes, this.#learning);
      if (index > 0) slopesBelow(parameters, layer, slopes, this.#learning, this.#slopes[index] ?? first);
    }
  }

  /** Hidden units that gave nothing learn nothing. */
  #chooseLearning(layer: Layer, given: Float64Array | undefined): void {
    const learning = this.#learning;
    learning.count = 0;
    for (let unit = 0; unit < layer.to; unit += 1) {
      if (given && !((given[unit] ?? 0) > 0)) continue;
      learning.units[learning.count] = unit;
      learning.count += 1;
    }
  }
}

/** Sets the weights of all units to small random ones, such that no layer makes its numbers larger (He et al. 2015). */
export function initialise({ shape, parameters }: Perceptron, normal: () => number): void {
  for (const [index, { from, to, weights }] of layersOf(shape).entries()) {
    // The output begins near nothing, whatever the units say.
    const deviation = Math.sqrt((index < shape.hidden.length ? 2 : 0.1) / from);
    for (let at = weights; at < weights + from * to; at += 1) parameters[at] = deviation * normal();
  }
}

export function parameterCount(shape: PerceptronShape): number {
  const last = layersOf(shape).at(-1);
  return (last ? last.biases + last.to : 0) + shape.inputs;
}

function layersOf({ inputs, hidden }: PerceptronShape): Layer[] {
  const layers: Layer[] = [];
  let at = 0;
  let from = inputs;
  for (const to of [...hidden, 1]) {
    layers.push({ from, to, weights: at, biases: at + from * to });
    at += from * to + to;
    from = to;
  }
  return layers;
}
