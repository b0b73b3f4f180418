import { z } from 'zod';
import { PresageError } from '../../../../schema/errors.ts';
import { isUuid } from '../../../../schema/uuid.ts';
import { anyText, lineText } from '../../text-schema.ts';

/** Streams, or sessions, of one call: as many as observations of a batch. */
const MOST = 10_000;
/** Characters of a session's settings, as JSON. */
const MAX_CONFIG = 16_384;
/** Kinds of one stream. */
const MAX_KINDS = 16;

const text = (max: number) => lineText(max).min(1);
/** What an error says may have several lines. */
const reason = anyText(1_000).min(1);
const uuid = z.string().refine(isUuid, 'must be a uuid of version 4');
const list = <T extends z.ZodType>(item: T) => z.array(item).max(MOST, `must be ${MOST} at most`);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const kinds = z.array(text(63)).max(MAX_KINDS);
const sessionId = z.number().int().min(1).max(2_147_483_647);
const time = z.number().int().nullable();

/** The escape of NUL, or of half a surrogate pair, after an even number of backslashes. */
const ESCAPED = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

export const RUN = z.object({ name: text(63), run: uuid });

export const OFFERS = list(z.object({ stream: uuid, source: text(63) }));

const STREAMS = list(z.object({ stream: uuid, symbol: text(200).nullable(), kinds }));

export const SESSION = z.object({
  source: text(63),
  config: z
    .unknown()
    .refine((value) => JSON.stringify(value ?? null).length <= MAX_CONFIG, `is longer than ${MAX_CONFIG}`)
    // As JSON has them, NUL and halves of surrogate pairs are escapes; doubled backslashes are others.
    .refine(
      (value) => !ESCAPED.test(JSON.stringify(value ?? null)),
      'must not contain NUL or half a surrogate pair',
    ),
  streams: STREAMS,
  resumes: sessionId.nullable(),
});

export const CHANGE = z.object({ sessionId, start: STREAMS, stop: list(uuid) });

export const COUNTS = list(
  z.object({
    sessionId,
    streams: list(
      z.object({
        ...{ stream: uuid, kinds, messages: count, bytes: count },
        ...{ firstMessageAt: time, lastMessageAt: time },
      }),
    ),
  }),
).refine(
  (sessions) => sessions.reduce((sum, { streams }) => sum + streams.length, 0) <= MOST,
  `must be about ${MOST} streams at most`,
);

export const END = z.object({ status: z.enum(['COMPLETED', 'TERMINATED']), reason });

/** The value as the schema has it. Throws `BAD_INPUT` that lists the problems, ten at most. */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, 10).map(({ path, message }) => {
    const at = path.join('.');
    return at === '' ? message : `${at}: ${message}`;
  });
  throw new PresageError('BAD_INPUT', `The record can't take this: ${problems.join('; ')}.`);
}
