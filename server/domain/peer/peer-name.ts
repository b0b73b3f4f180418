import { PresageError } from '../../../schema/errors.ts';
import { nameTrouble } from '../../../schema/text.ts';

const MAX_NAME = 200;

/** A peer's name, or another label of one line, without space around it; null for none. Throws `BAD_INPUT`. */
export function checkPeerName(name: string | null | undefined): string | null {
  const text = name?.trim();
  if (!text) return null;
  const trouble =
    text.length > MAX_NAME ? `has ${text.length} characters; give at most ${MAX_NAME}` : nameTrouble(text);
  if (trouble === undefined) return text;
  throw new PresageError('BAD_INPUT', `The name ${trouble}.`);
}
