import { type CanonicalDecimal, compareDecimals, parseDecimal } from '../../../schema/decimal.ts';
import type { QuantileDocument, StreamDocument } from '../../../schema/log-entry.ts';
import { isUuid, notAUuid } from '../../../schema/uuid.ts';
import { badValue, Refusal } from '../observation/judge.ts';
import type { NewPrediction } from './predictions.ts';

/** Farthest step ahead that a prediction may be about. */
export const MAX_HORIZON = 64;
/** Most quantiles of one prediction. */
const MAX_QUANTILES = 99;

/** A prediction that is good on its own; whether it is in time is for the log to say. */
export interface JudgedPrediction {
  readonly stream: StreamDocument;
  readonly baseHash: string;
  readonly horizon: number;
  readonly value: CanonicalDecimal;
  readonly quantiles: readonly QuantileDocument[];
}

/** Judges an item for all that can be judged without the log. */
export function judgePrediction(
  item: NewPrediction,
  stream: StreamDocument | undefined,
): JudgedPrediction | Refusal {
  if (!stream) {
    const { streamUuid } = item;
    const unknown = `There is no stream of uuid ${streamUuid}.`;
    return new Refusal('UNKNOWN_STREAM', isUuid(streamUuid) ? unknown : notAUuid(streamUuid));
  }
  if (stream.archivedAt !== null) {
    return archived(stream);
  }
  const value = parseDecimal(item.value);
  if (value === undefined) return badValue(item.value);
  const horizon = item.horizon ?? 1;
  if (!Number.isInteger(horizon) || horizon < 1 || horizon > MAX_HORIZON) {
    return new Refusal(
      'BAD_HORIZON',
      `The horizon ${horizon} is not a whole number from 1 to ${MAX_HORIZON}.`,
    );
  }
  const baseHash = item.baseHash.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(baseHash)) {
    return new Refusal('UNKNOWN_BASE', 'baseHash is not the hash of an observation: 64 hexadecimal digits.');
  }
  const quantiles = judgeQuantiles(item.quantiles ?? []);
  if (quantiles instanceof Refusal) return quantiles;
  return { stream, baseHash, horizon, value, quantiles };
}

export function archived({ name }: StreamDocument): Refusal {
  return new Refusal('ARCHIVED', `The stream "${name}" is archived; it has no further targets.`);
}

function judgeQuantiles(
  given: NonNullable<NewPrediction['quantiles']>,
): readonly QuantileDocument[] | Refusal {
  if (given.length > MAX_QUANTILES) {
    return badQuantiles(`there are ${given.length}, at most ${MAX_QUANTILES} are taken`);
  }
  const quantiles: QuantileDocument[] = [];
  for (const { level, value: raw } of given) {
    const value = parseDecimal(raw);
    if (value === undefined) return badQuantiles(`"${String(raw).slice(0, 60)}" is no decimal`);
    if (!(level > 0 && level < 1)) return badQuantiles(`the level ${level} is not between 0 and 1`);
    const last = quantiles.at(-1);
    if (last && level <= last.level) return badQuantiles('the levels do not increase');
    if (last && compareDecimals(value, last.value) < 0) return badQuantiles('the values decrease');
    quantiles.push({ level, value });
  }
  return quantiles;
}

function badQuantiles(problem: string): Refusal {
  return new Refusal(
    'BAD_QUANTILES',
    `${problem}; levels must increase strictly between 0 and 1, values must not decrease.`,
  );
}
