import type { Position } from '../../../../schema/log-entry.ts';
import type { EpochMs } from '../../../../schema/time.ts';

/** A revision of an observation as the log has it. */
export interface ObservationRevision {
  readonly topic: 'observation';
  readonly position: Position;
  readonly observedAt: EpochMs;
  readonly value: string;
  readonly retracted: boolean;
}

/** A revision of a prediction as the log has it. */
export interface PredictionRevision {
  readonly topic: 'prediction';
  readonly position: Position;
  readonly id: Position;
  readonly peerId: number;
  readonly basePosition: Position;
  readonly horizon: number;
  readonly value: string;
  readonly levels: readonly number[];
  readonly values: readonly string[];
}

/** One stream's part of the log, in order. */
export type StreamLog = readonly (ObservationRevision | PredictionRevision)[];
