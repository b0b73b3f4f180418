import type { ItemError } from '../../../schema/errors.ts';
import type { IngestReport } from './ingest-calls.ts';
import type { JudgedObservation } from './judge.ts';
import type { ObservationRef, PublishReport } from './observations.ts';

/**
 * The answer to a call of `total` items, of which `judged` (at `indexes`) went to the log and `errors` did not.
 */
export function publishReport(
  total: number,
  judged: readonly JudgedObservation[],
  indexes: readonly number[],
  errors: readonly ItemError[],
  { verdicts, position }: IngestReport,
): PublishReport {
  const observations: (ObservationRef | null)[] = new Array(total).fill(null);
  const all: ItemError[] = [...errors];
  let successful = 0;
  let duplicates = 0;
  for (const [place, verdict] of verdicts.entries()) {
    const index = indexes[place] ?? 0;
    const streamServerId = judged[place]?.stream.serverId ?? 0;
    switch (verdict.kind) {
      case 'appended':
        successful += 1;
        observations[index] = { streamServerId, observedAt: verdict.observation.observedAt };
        break;
      case 'duplicate':
        duplicates += 1;
        observations[index] = { streamServerId, observedAt: verdict.observedAt };
        all.push({ index, code: 'DUPLICATE', message: 'It is in the log already; nothing was changed.' });
        break;
      case 'refused':
        all.push({ index, code: verdict.refusal.code, message: verdict.refusal.message });
    }
  }
  all.sort((a, b) => a.index - b.index);
  return {
    successful,
    duplicates,
    failed: total - successful - duplicates,
    observations,
    position,
    errors: all,
  };
}
