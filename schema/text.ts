/** What Postgres keeps no text with: NUL, and halves of surrogate pairs, which no UTF-8 has and which it would be sent as others. */
const UNKEPT = /[\0\p{Cs}]/u;
/** What no name has: the controls of terminals, and breaks of lines. */
const UNNAMED = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** What is wrong with a text that is to be kept and given back as it came; `undefined` if nothing is. */
export function textTrouble(text: string): string | undefined {
  return UNKEPT.test(text)
    ? 'must not contain the character NUL or half a surrogate pair, which is no character'
    : undefined;
}

/** The same of a name, a line that people read. */
export function nameTrouble(text: string): string | undefined {
  return UNNAMED.test(text)
    ? 'must not contain control characters, line breaks or half a surrogate pair'
    : undefined;
}
