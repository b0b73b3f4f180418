import type { CanonicalDecimal } from '../../../schema/decimal.ts';
import type { ConsensusDocument, ObservationDocument, QuantileDocument } from '../../../schema/log-entry.ts';
import { combine } from './combine.ts';
import { decimalText, digitsOf } from './decimal-text.ts';
import type { ConsensusInput } from './read-inputs.ts';
import { NO_RECORD } from './weights.ts';

/** What a stream's consensus should be. */
export interface ConsensusDraft {
  readonly base: ObservationDocument;
  readonly value: CanonicalDecimal;
  readonly quantiles: readonly QuantileDocument[];
  /** Peers whose predictions it is made of. */
  readonly contributors: number;
  /** What the peers together say, before it is shrunk. */
  readonly pooled: number;
}

/** Combines a stream's predictions. Exact decimals become doubles here, and the outcome decimals again. */
export function draftConsensus({
  base,
  predictions,
  records,
  past,
  histories,
}: ConsensusInput): ConsensusDraft {
  const naive = Number(base.value);
  const combined = combine(
    naive,
    predictions.map(({ peerId, value, quantiles }) => ({
      value: Number(value),
      quantiles: quantiles.map((quantile) => ({ level: quantile.level, value: Number(quantile.value) })),
      record: records.get(peerId) ?? NO_RECORD,
      history: histories.get(peerId),
    })),
    past,
  );
  const digits = digitsOf(
    base.value,
    predictions.map(({ value }) => value),
  );
  return {
    base,
    // A base may have more digits than a double.
    value: combined.shrinkage === 0 ? base.value : decimalText(combined.value, digits),
    quantiles: combined.quantiles.map(({ level, value }) => ({ level, value: decimalText(value, digits) })),
    contributors: predictions.length,
    pooled: combined.pooled,
  };
}

/** Whether a consensus says already what the draft says. */
export function says(present: ConsensusDocument, draft: ConsensusDraft): boolean {
  return (
    present.base.position === draft.base.position &&
    present.value === draft.value &&
    present.contributors === draft.contributors &&
    present.quantiles.length === draft.quantiles.length &&
    present.quantiles.every(
      ({ level, value }, index) =>
        level === draft.quantiles[index]?.level && value === draft.quantiles[index]?.value,
    )
  );
}
