import { z } from 'zod';
import { ADAPTER_NAMES } from '../adapters/adapter.ts';

/** Counts up when saved models of before can't be read any more. */
export const SAVED_FORMAT = 1;

const HYPERPARAMETERS = z.record(z.string(), z.number());

/** One fitted adapter of a stream's model. */
const MEMBER = z.strictObject({
  adapter: z.enum(ADAPTER_NAMES),
  version: z.int(),
  hyperparameters: HYPERPARAMETERS,
  /** What the adapter saved. */
  fitted: z.unknown(),
  /** Mean absolute one-step errors of the member and of naive over the same rows of the backtest. */
  mae: z.number(),
  naiveMae: z.number(),
  fitMs: z.number(),
});

/** An adapter that failed to fit, and is left alone for a while. */
const SKIPPED = z.strictObject({
  adapter: z.enum(ADAPTER_NAMES),
  reason: z.string(),
  failures: z.int().min(1),
  /** Trainings it sits out from here on. */
  sitOut: z.int().min(0),
});

const PATTERN = z.strictObject({
  cadenceMs: z.number().min(0),
  regular: z.boolean(),
  seasons: z.array(z.int().min(2)),
});

/** What is known of forecasts `horizon` steps ahead. */
const AHEAD = z.strictObject({
  horizon: z.int().min(2),
  /** Levels of the quantiles, and how far those are from a forecast in sizes of one-step errors; none if not known yet. */
  levels: z.array(z.number()),
  offsets: z.array(z.number()),
  /** What was said just before each of the newest rows, up to `through`. */
  forecasts: z.array(z.number()),
});

const SAVED_MODEL = z.strictObject({
  format: z.literal(SAVED_FORMAT),
  /** Rows that it was fitted to, and the times of the first and the last. */
  rows: z.int().min(1),
  from: z.number(),
  through: z.number(),
  pattern: PATTERN,
  members: z.array(MEMBER),
  skipped: z.array(SKIPPED),
  /**
   * One-step errors (forecast − actual) that each member made on rows it was not fitted to, oldest first; the columns
   * are equally long and end at `through`. `naive` is always among them.
   */
  errors: z.partialRecord(z.enum(ADAPTER_NAMES), z.array(z.number())),
  /** Each further horizon on its own; none where only the next row is forecast. */
  ahead: z.array(AHEAD).default([]),
  /** Trainings so far. */
  generation: z.int().min(1),
});

/** A stream's trained model as it crosses threads and is stored: JSON. */
export type SavedModel = z.infer<typeof SAVED_MODEL>;
export type SavedMember = SavedModel['members'][number];
export type SkippedAdapter = SavedModel['skipped'][number];

/** A model read back from where it was stored; an explanation, if it can't be used and has to be trained anew. */
export function parseSavedModel(stored: unknown): SavedModel | { readonly problem: string } {
  const parsed = SAVED_MODEL.safeParse(stored);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return { problem: `${issue?.path.join('.') || 'model'}: ${issue?.message ?? 'unreadable'}` };
}
