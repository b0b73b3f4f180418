import type { ItemError } from '../../../schema/errors.ts';
import type { Filter } from '../../../schema/filter/form.ts';
import type { Position, PredictionDocument } from '../../../schema/log-entry.ts';
import type { Actor } from '../actor.ts';
import type { Page, PageRequest } from '../page.ts';

export interface NewPrediction {
  readonly streamUuid: string;
  readonly value: string | number;
  readonly baseHash: string;
  readonly horizon?: number | null | undefined;
  readonly quantiles?:
    | readonly { readonly level: number; readonly value: string | number }[]
    | null
    | undefined;
}

export interface SubmitReport {
  readonly successful: number;
  readonly duplicates: number;
  readonly failed: number;
  /** By index of the item: the prediction's id, null where it failed. */
  readonly predictions: readonly (Position | null)[];
  readonly errors: readonly ItemError[];
}

export interface Predictions {
  /** Judges each of 1 to 1,000 items on its own, under the lock that orders the log. */
  submit(actor: Actor, items: readonly NewPrediction[]): Promise<SubmitReport>;
  /** The present revision of a prediction. */
  find(tenant: string, id: Position): Promise<PredictionDocument | undefined>;
  /** Present revisions in log order; `filter` is about a prediction. */
  list(tenant: string, filter: Filter, page: PageRequest): Promise<Page<PredictionDocument>>;
}
