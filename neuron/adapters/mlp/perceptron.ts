/** How a perceptron is built: how many numbers it takes, and how many units its hidden layers have. */
export interface PerceptronShape {
  readonly inputs: number;
  readonly hidden: readonly number[];
}

/** A layer within the parameters: for each of its units the weights of what it takes, then the biases of all units. */
interface Layer {
  readonly from: number;
  readonly to: number;
  readonly weights: number;
  readonly biases: number;
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
  /** What the last layer gives. */
  readonly #given = new Float64Array(1);
  /** How much the loss changes with what each layer takes. */
  readonly #slopes: readonly Float64Array[];

  constructor(shape: PerceptronShape, parameters = new Float64Array(parameterCount(shape))) {
    this.shape = shape;
    this.parameters = parameters;
    this.#layers = layersOf(shape);
    this.#straight = parameters.length - shape.inputs;
    this.#taken = [shape.inputs, ...shape.hidden].map((units) => new Float64Array(units));
    this.#slopes = [shape.inputs, ...shape.hidden].map((units) => new Float64Array(units));
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
    for (let index = this.#layers.length - 1; index >= 0; index -= 1) {
      const layer = this.#layers[index];
      const taken = this.#taken[index] ?? first;
      const below = this.#slopes[index] ?? first;
      const above = this.#slopes[index + 1];
      const given = this.#taken[index + 1];
      if (!layer) continue;
      if (index > 0) below.fill(0);
      for (let unit = 0; unit < layer.to; unit += 1) {
        // A unit that gave nothing learns nothing.
        if (given && !((given[unit] ?? 0) > 0)) continue;
        const own = above ? (above[unit] ?? 0) : slope;
        const at = layer.weights + unit * layer.from;
        gradient[layer.biases + unit] = (gradient[layer.biases + unit] ?? 0) + own;
        for (let i = 0; i < layer.from; i += 1) {
          gradient[at + i] = (gradient[at + i] ?? 0) + own * (taken[i] ?? 0);
        }
        if (index === 0) continue;
        for (let i = 0; i < layer.from; i += 1) {
          below[i] = (below[i] ?? 0) + own * (parameters[at + i] ?? 0);
        }
      }
    }
  }
}

/**
 * What each unit of a layer sums up. Four units go through what they take together, as a sum that waits for its last
 * addend takes four times as long as four that don't wait for one another.
 */
function sumUnits(
  parameters: Float64Array,
  { from, to, weights, biases }: Layer,
  taken: Float64Array,
  sums: Float64Array,
): void {
  let unit = 0;
  for (; unit + 4 <= to; unit += 4) {
    const first = weights + unit * from;
    const [second, third, fourth] = [first + from, first + 2 * from, first + 3 * from];
    let a = parameters[biases + unit] ?? 0;
    let b = parameters[biases + unit + 1] ?? 0;
    let c = parameters[biases + unit + 2] ?? 0;
    let d = parameters[biases + unit + 3] ?? 0;
    for (let i = 0; i < from; i += 1) {
      const input = taken[i] ?? 0;
      a += (parameters[first + i] ?? 0) * input;
      b += (parameters[second + i] ?? 0) * input;
      c += (parameters[third + i] ?? 0) * input;
      d += (parameters[fourth + i] ?? 0) * input;
    }
    sums[unit] = a;
    sums[unit + 1] = b;
    sums[unit + 2] = c;
    sums[unit + 3] = d;
  }
  for (; unit < to; unit += 1) {
    const first = weights + unit * from;
    let sum = parameters[biases + unit] ?? 0;
    for (let i = 0; i < from; i += 1) sum += (parameters[first + i] ?? 0) * (taken[i] ?? 0);
    sums[unit] = sum;
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
