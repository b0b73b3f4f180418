import { z } from 'zod';
import {
  type Adapter,
  type FitContext,
  type FittedModel,
  NO_HYPERPARAMETERS,
  type Series,
} from './adapter.ts';
import { featureShape, memoryOf, typicalChange } from './features.ts';
import { committee } from './mlp/course.ts';
import { type InputFrame, Inputs, type Standard } from './mlp/inputs.ts';
import { Perceptron, parameterCount } from './mlp/perceptron.ts';
import { tail } from './tail.ts';

/** Units of the hidden layers. */
const HIDDEN = [16, 8];
/** Newest rows that are fitted to, and fewest. */
const MOST_ROWS = 8_000;
const LEAST_ROWS = 100;
/** Inputs and lessons of the most rows. */
const MEMORY_BYTES = 32e6;
/** Changes beyond so many typical ones count as that many, and no larger one is forecast. */
const CLIP = 6;

const SAVED = z.strictObject({
  networks: z.array(z.base64()).min(1),
  standard: z.strictObject({ middles: z.array(z.number()), spreads: z.array(z.number().positive()) }),
  shape: z.strictObject({ seasons: z.array(z.int().min(2)), calendar: z.array(z.number()) }),
  pattern: z.strictObject({ cadenceMs: z.number(), regular: z.boolean(), seasons: z.array(z.int()) }),
  unit: z.number().positive(),
});

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
    const { networks, standard, ...frame } = parsed.data;
    const sizes = {
      middles: Float64Array.from(standard.middles),
      spreads: Float64Array.from(standard.spreads),
    };
    const { columns } = new Inputs({ times: [], values: [] }, frame);
    const loaded = networks.map((network) => unpacked(network, columns));
    return loaded.every((network) => network !== undefined) ? modelOf(loaded, sizes, frame) : undefined;
  },
};

function fitMlp(series: Series, { pattern, seed, budgetMs }: FitContext): FittedModel {
  const newest = tail(series, MOST_ROWS);
  const { values } = newest;
  const frame = { shape: featureShape(newest, pattern), pattern, unit: typicalChange(values) };
  const design = new Inputs(newest, frame);
  const first = Math.min(design.reach, Math.floor(values.length / 3));
  const inputs = new Float64Array((values.length - first) * design.columns);
  const targets = new Float64Array(values.length - first);
  for (let row = first; row < values.length; row += 1) {
    design.fill(row, inputs, (row - first) * design.columns);
    const change = ((values[row] ?? 0) - (values[row - 1] ?? 0)) / frame.unit;
    targets[row - first] = clipped(change);
  }
  const standard = design.standardise(inputs);
  const shape = { inputs: design.columns, hidden: HIDDEN };
  const networks = committee({ inputs, targets }, shape, { seed, budgetMs });
  for (const network of networks) round(network);
  return modelOf(networks, standard, frame);
}

function modelOf(networks: readonly Perceptron[], standard: Standard, frame: InputFrame): FittedModel {
  return {
    hyperparameters: NO_HYPERPARAMETERS,
    predict: (series, horizon) => {
      if (series.values.length < 3) return undefined;
      const newest = tail(series, memoryOf(frame.shape));
      const design = new Inputs(newest, frame, horizon);
      const inputs = new Float64Array(design.columns);
      let value = newest.values.at(-1) ?? Number.NaN;
      for (let step = 0; step < horizon; step += 1) {
        design.fill(newest.values.length + step, inputs, 0, standard);
        value += frame.unit * meanOf(networks, inputs, 0);
        design.append(value);
      }
      return value;
    },
    save: () => ({
      networks: networks.map(packed),
      standard: { middles: [...standard.middles], spreads: [...standard.spreads] },
      ...frame,
    }),
  };
}

function meanOf(networks: readonly Perceptron[], inputs: Float64Array, offset: number): number {
  let sum = 0;
  for (const network of networks) sum += network.output(inputs, offset);
  return clipped(sum / networks.length);
}

function clipped(change: number): number {
  return Math.max(-CLIP, Math.min(CLIP, change));
}

/** To single precision, in which parameters are saved: a loaded model says the same. */
function round({ parameters }: Perceptron): void {
  for (const [at, parameter] of parameters.entries()) parameters[at] = Math.fround(parameter);
}

function packed({ parameters }: Perceptron): string {
  return Buffer.from(Float32Array.from(parameters).buffer).toString('base64');
}

/** What `packed` made of a network with so many inputs; `undefined` if it can't be one. */
function unpacked(text: string, inputs: number): Perceptron | undefined {
  const shape = { inputs, hidden: HIDDEN };
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  if (bytes.length !== 4 * parameterCount(shape)) return undefined;
  const parameters = Float64Array.from(new Float32Array(bytes.buffer));
  return parameters.every(Number.isFinite) ? new Perceptron(shape, parameters) : undefined;
}
