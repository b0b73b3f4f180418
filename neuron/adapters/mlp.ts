import { z } from 'zod';
import { packFloats, unpackFloats } from '../numeric/packed-floats.ts';
import {
  type Adapter,
  type FitContext,
  type FittedModel,
  NO_HYPERPARAMETERS,
  type Series,
} from './adapter.ts';
import { committee } from './mlp/course.ts';
import { Perceptron, parameterCount } from './mlp/perceptron.ts';
import {
  FOOTING,
  type Footing,
  forecaster,
  inputColumns,
  lessonsOf,
  loadedFooting,
  savedFooting,
} from './scaled-change.ts';
import { tail } from './tail.ts';

/** Units of the hidden layers. */
const HIDDEN = [16, 8];
/** Newest rows that are fitted to, and fewest. */
const MOST_ROWS = 8_000;
const LEAST_ROWS = 100;
/** Inputs and lessons of the most rows. */
const MEMORY_BYTES = 32e6;

const SAVED = z.strictObject({ networks: z.array(z.base64()).min(1), ...FOOTING });

/**
 * Multilayer perceptrons on the trees' features, taught to err least in absolute terms; the scaled change from row to
 * row as target. Where trees cut, they bend: between them and trees there is little that either misses.
 */
export const mlp: Adapter = {
  name: 'mlp',
  version: 1,
  instant: false,
  canRun: (resources, { values }) => values.length >= LEAST_ROWS && resources.memoryBytes >= MEMORY_BYTES,
  fit: fitMlp,
  load: (saved) => {
    const parsed = SAVED.safeParse(saved);
    if (!parsed.success) return undefined;
    const { networks, ...rest } = parsed.data;
    const footing = loadedFooting(rest);
    const columns = inputColumns(footing);
    const loaded = networks.map((network) => unpacked(network, columns));
    return loaded.every((network) => network !== undefined) ? modelOf(loaded, footing) : undefined;
  },
};

function fitMlp(series: Series, { pattern, seed, budgetMs }: FitContext): FittedModel {
  const { inputs, targets, ...footing } = lessonsOf(tail(series, MOST_ROWS), pattern, MOST_ROWS);
  const shape = { inputs: inputColumns(footing), hidden: HIDDEN };
  const networks = committee({ inputs, targets }, shape, { seed, budgetMs });
  for (const network of networks) round(network);
  return modelOf(networks, footing);
}

function modelOf(networks: readonly Perceptron[], footing: Footing): FittedModel {
  return {
    hyperparameters: NO_HYPERPARAMETERS,
    predict: forecaster(footing, (inputs) => meanOf(networks, inputs)),
    save: () => ({ networks: networks.map(packed), ...savedFooting(footing) }),
  };
}

function meanOf(networks: readonly Perceptron[], inputs: Float64Array): number {
  let sum = 0;
  for (const network of networks) sum += network.output(inputs);
  return sum / networks.length;
}

/** To single precision, in which parameters are saved: a loaded model says the same. */
function round({ parameters }: Perceptron): void {
  for (const [at, parameter] of parameters.entries()) parameters[at] = Math.fround(parameter);
}

function packed({ parameters }: Perceptron): string {
  return packFloats(Float32Array.from(parameters));
}

/** What `packed` made of a network with so many inputs; `undefined` if it can't be one. */
function unpacked(text: string, inputs: number): Perceptron | undefined {
  const shape = { inputs, hidden: HIDDEN };
  const parameters = unpackFloats(text);
  if (parameters?.length !== parameterCount(shape)) return undefined;
  return new Perceptron(shape, Float64Array.from(parameters));
}
