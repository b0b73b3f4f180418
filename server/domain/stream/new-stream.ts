import { z } from 'zod';
import { PresageError } from '../../../schema/errors.ts';
import { anyText, lineText } from '../text-schema.ts';
import type { NewStream } from './streams.ts';

/** Longest name, `secondary` and `target` of a stream, in characters. */
const MAX_NAME = 200;
/** Longest `meta` and `description`, in characters. */
const MAX_PROSE = 10_000;
/** Most tags of a stream. */
const MAX_TAGS = 50;
/** Longest tag, in characters. */
const MAX_TAG = 100;

const optional = (text: z.ZodString) => text.nullish().transform((value) => value ?? null);

const NEW_STREAM = z.object({
  name: lineText(MAX_NAME)
    .refine((given) => given.trim() !== '', 'must not be empty')
    .refine((given) => given === given.trim(), 'must not begin or end with white space'),
  secondary: optional(lineText(MAX_NAME)),
  target: optional(lineText(MAX_NAME)),
  meta: optional(anyText(MAX_PROSE)),
  description: optional(anyText(MAX_PROSE)),
  tags: z
    .array(lineText(MAX_TAG).min(1))
    .max(MAX_TAGS)
    .nullish()
    .transform((tags) => [...new Set(tags ?? [])]),
  cadenceSeconds: z
    .number()
    .positive()
    .max(366 * 86_400)
    .nullish()
    .transform((value) => value ?? null),
});

/** The input with its defaults. Throws `BAD_INPUT` that lists everything that is wrong with it. */
export function checkNewStream(input: NewStream): z.output<typeof NEW_STREAM> {
  const result = NEW_STREAM.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`);
  throw new PresageError('BAD_INPUT', `The stream can't be created: ${problems.join('; ')}.`);
}
