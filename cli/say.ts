/** What a terminal acts on instead of showing it: controls but line breaks, and what turns the direction of writing. */
const ACTED_ON = /(?!\n)[\p{Cc}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text that may have come from anybody, such as the name of a stream, with what a terminal would act on written as
 * escapes. They are those of JSON, so that JSON stays the same value.
 */
export function harmless(text: string): string {
  return text.replace(ACTED_ON, escaped);
}

/** The same of what is to stay on one line. */
export function harmlessLine(text: string): string {
  return harmless(text).replaceAll('\n', '\\u000a');
}

/** Prints what a command was asked for. */
export function say(text: string): void {
  process.stdout.write(harmless(text));
}

/** Prints what there is to be said beside it. */
export function tell(text: string): void {
  process.stderr.write(harmless(text));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
