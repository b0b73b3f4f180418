import { PresageError } from '../../schema/errors.ts';

/** A flag's whole number from 0. Throws `BAD_INPUT` that names the flag. */
export function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new PresageError('BAD_INPUT', `${flag} ${text}: write a whole number, such as 100.`);
}
