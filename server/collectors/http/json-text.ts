/** JSON whose numbers are the texts they were written as. */
export type JsonText = string | boolean | null | readonly JsonText[] | { readonly [key: string]: JsonText };

/** A string, which is left alone, or a number outside of one. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Parses JSON without ever making a double of a number: each is put in quotes first, so that `0.1` and
 * `123456789.123456789123456789` come out as these very texts. Everything else is judged by `JSON.parse`, which throws
 * `SyntaxError` for what is no JSON.
 */
export function parseJsonText(text: string): JsonText {
  return JSON.parse(text.replace(TOKEN, (token) => (token.startsWith('"') ? token : quoted(token))));
}

/** JSON knows no number such as `007`, which would be a fine text. */
function quoted(number: string): string {
  return /^-?0\d/.test(number) ? number : `"${number}"`;
}
