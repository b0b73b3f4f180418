import { parseDecimal } from '../../schema/decimal.ts';
import { formatTime } from '../../schema/time.ts';
import { Combiner, MEDIAN } from '../../server/collectors/combine/combiner.ts';
import type { CollectorsPlan } from '../../server/collectors/config/collectors-file.ts';
import type { CollectorLog } from '../../server/collectors/log.ts';
import { PartialFailure, type Sample, type ScheduledSource } from '../../server/collectors/source.ts';

/** How long a source may take, in ms, where it doesn't say. */
const TIMEOUT_MS = 30_000;

interface WouldPublish {
  readonly stream: string;
  readonly value: string;
  readonly observedAt: string;
  readonly provider: string;
}

export interface DryRun {
  readonly observations: readonly WouldPublish[];
  readonly problems: readonly { readonly source: string; readonly message: string }[];
}

/** Samples every source once, whatever its schedule, and the medians of that: nothing is kept, remembered or published. */
export async function dryRun(plan: CollectorsPlan, log: CollectorLog): Promise<DryRun> {
  const observations: WouldPublish[] = [];
  const problems: { source: string; message: string }[] = [];
  const scheduled = plan.open({ recall: () => undefined, remember: () => undefined });
  const combiner = new Combiner(
    scheduled.map(({ source }) => source),
    log,
    plan.combine,
  );
  const take = (provider: string, samples: readonly Sample[]): void => {
    combiner.quoted(provider, samples);
    for (const { stream, value: given, observedAt } of samples) {
      const value = parseDecimal(given);
      if (value === undefined)
        problems.push({ source: provider, message: `${stream}: "${given}" is no decimal` });
      else observations.push({ stream, value, observedAt: formatTime(observedAt), provider });
    }
  };
  const sample = async ({ source, timeoutMs = TIMEOUT_MS }: ScheduledSource): Promise<void> => {
    try {
      take(source.name, await source.sample(AbortSignal.timeout(timeoutMs)));
    } catch (error) {
      if (error instanceof PartialFailure) take(source.name, error.samples);
      problems.push({ source: source.name, message: error instanceof Error ? error.message : String(error) });
    } finally {
      source.close?.();
    }
  };
  await Promise.all(scheduled.map(sample));
  const medians = combiner.medians(Date.now());
  take(MEDIAN, medians.samples);
  for (const { stream, message } of medians.problems) problems.push({ source: stream, message });
  return { observations, problems };
}
