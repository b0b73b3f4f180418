import { loadXgboost, type Matrix } from '../../neuron/adapters/xgboost/library.ts';
import type { TrainingOutcome, TrainingTask } from '../../neuron/training/messages.ts';
import runTraining from '../../neuron/training/worker.ts';

/** One fit by XGBoost, for somebody else to do the same. */
export interface XgboostFit {
  readonly rows: number;
  readonly columns: number;
  readonly rounds: number;
  readonly depth: number;
}

let fits: XgboostFit[] = [];
let counting: Promise<void> | undefined;

/** Lets the library tell of each fit. */
async function countFits(): Promise<void> {
  const { prototype } = await loadXgboost();
  const train: (this: object, matrix: Matrix, targets: Float32Array) => void = Reflect.get(
    prototype,
    'train',
  );
  Reflect.set(prototype, 'train', function counted(this: object, matrix: Matrix, targets: Float32Array) {
    const options: Readonly<Record<string, unknown>> = Reflect.get(this, 'options') ?? {};
    fits.push({
      rows: matrix.rows,
      columns: matrix.columns,
      rounds: Number(options.iterations),
      depth: Number(options.max_depth),
    });
    return train.call(this, matrix, targets);
  });
}

/** The neuron's own training thread, which also says what XGBoost was asked for. */
export default async function runCounted(
  task: TrainingTask,
): Promise<TrainingOutcome & { readonly fits: readonly XgboostFit[] }> {
  counting ??= countFits();
  await counting;
  fits = [];
  const outcome = await runTraining(task);
  return { ...outcome, fits };
}
