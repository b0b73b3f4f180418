import { z } from 'zod';
import { type ErrorCode, PresageError, REQUEST_CODES } from '../../schema/errors.ts';

const ANSWER = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        extensions: z.object({ code: z.string().optional() }).optional(),
      }),
    )
    .optional(),
});

/** A GraphQL answer's data, checked. Throws the server's first error as it is, `INTERNAL` for what is no answer. */
export function readAnswer<Result>(result: z.ZodType<Result>, body: unknown): Result {
  const answer = ANSWER.safeParse(body);
  if (!answer.success) throw foreign();
  const [error] = answer.data.errors ?? [];
  if (error) throw new PresageError(knownCode(error.extensions?.code), error.message);
  const data = result.safeParse(answer.data.data);
  if (!data.success) throw foreign();
  return data.data;
}

function knownCode(code: string | undefined): ErrorCode {
  return REQUEST_CODES.find((known) => known === code) ?? 'INTERNAL';
}

function foreign(): PresageError {
  return new PresageError(
    'INTERNAL',
    'The server’s answer is not understood; it may be no Presage server, or one of another version.',
  );
}
