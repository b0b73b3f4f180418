import type { Series } from '../adapters/adapter.ts';
import type { Standing } from '../selection/online-model.ts';
import type { SavedModel } from '../selection/saved-model.ts';
import type { Training } from '../selection/train.ts';
import type { ModelHeader } from './model-files.ts';

/** The models that are trained, as their owner sees them. `stream` is the local id. */
export interface Trainees {
  /** What a training is made from: the newest rows that stand. */
  series(stream: number): Promise<Series>;
  /** How many rows that would be, and how many of them came after a time. */
  rows(stream: number, after: number): { readonly all: number; readonly newer: number };
  stable(stream: number): SavedModel | null;
  /** When the stable model was trained, epoch ms; undefined without one. */
  trainedAt(stream: number): number | undefined;
  standing(stream: number): Standing | undefined;
  /** Puts a model to use, and stores it. Resolves when both is done. */
  adopt(stream: number, training: Training & { readonly model: SavedModel }, at: number): Promise<void>;
}

/** What a stream's training is about, for status and dashboard. */
export interface TrainingState {
  readonly state: 'training' | 'queued' | 'waiting' | 'failed' | 'idle';
  /** When it is to be trained next, epoch ms; null while there is nothing to learn from. */
  readonly dueAt: number | null;
  readonly trainedAt: number | null;
  readonly newRows: number;
  readonly failures: number;
  readonly last: {
    readonly decision: Training['decision'];
    readonly reason: string;
    readonly tookMs: number;
  } | null;
  readonly lastTrouble: string | null;
}

/** The best member's skill in the backtest. */
export function skillOf(
  model: { readonly members: readonly Pick<ModelHeader['members'][number], 'mae' | 'naiveMae'>[] } | null,
): number {
  const ratios = (model?.members ?? []).map(({ mae, naiveMae }) => (naiveMae > 0 ? mae / naiveMae : 1));
  return ratios.length === 0 ? 0 : 1 - Math.min(...ratios);
}
