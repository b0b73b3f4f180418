import { z } from 'zod';
import { parseDuration } from '../../../schema/duration.ts';
import type { CombineSettings } from '../combine/combiner.ts';
import type { Schedule } from '../schedule.ts';
import { duration } from '../sources/option-types.ts';

const NAME = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, 'must be of letters, digits and _ . -');

const TIME_OF_DAY = z
  .string()
  .regex(
    /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/,
    'must be a time of the day in UTC in quotes, such as "06:30"',
  )
  .transform((text) => {
    const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
  });

/** What an entry of `sources` says whatever its type is. */
export const ENTRY = z.object({
  type: z.string(),
  name: NAME.optional(),
  every: duration().optional(),
  daily: TIME_OF_DAY.optional(),
  jitter: duration().optional(),
  timeout: duration().optional(),
});

export const ENTRY_KEYS: readonly string[] = Object.keys(ENTRY.shape);

/** When an entry's source is sampled; a message where what is said of it doesn't go together. */
export function scheduleOf(
  { every, daily, jitter = 0 }: Pick<z.output<typeof ENTRY>, 'every' | 'daily' | 'jitter'>,
  otherwise: string,
): Schedule | string {
  if (every !== undefined && daily !== undefined) return 'give every or daily, not both';
  if (daily !== undefined) return { kind: 'daily', atMs: daily, jitterMs: jitter };
  const everyMs = every ?? parseDuration(otherwise) ?? 0;
  if (everyMs < 100) return 'every must be 100ms at least';
  if (jitter >= everyMs) return 'jitter must be less than every';
  return { kind: 'interval', everyMs, jitterMs: jitter };
}

/** How quotes of several sources make one observation. */
export const COMBINE = z
  .strictObject({
    every: duration().prefault('5m'),
    maxAge: duration().prefault('10m'),
    maxDeviation: z.number().positive().max(100).default(5),
    minQuotes: z.int().min(1).max(100).default(1),
  })
  .transform(
    ({ every, maxAge, maxDeviation, minQuotes }): CombineSettings => ({
      schedule: { kind: 'interval', everyMs: every, jitterMs: 0 },
      ...{ maxAgeMs: maxAge, maxDeviationPercent: maxDeviation, minQuotes },
    }),
  );
