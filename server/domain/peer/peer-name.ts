import { PresageError } from '../../../schema/errors.ts';

const MAX_NAME = 200;

/** A peer's name without space around it; null for none. Throws `BAD_INPUT`. */
export function checkPeerName(name: string | null | undefined): string | null {
  const text = name?.trim();
  if (!text) return null;
  if (text.length <= MAX_NAME && !text.includes('\0')) return text;
  throw new PresageError(
    'BAD_INPUT',
    `The name has ${text.length} characters; give at most ${MAX_NAME}, none of them NUL.`,
  );
}
