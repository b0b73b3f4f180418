const V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const ANY = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a uuid of version 4, as servers make them; in any case, as people write them. */
export function isUuid(text: string): boolean {
  return V4.test(text);
}

/** Whether a text is meant as a uuid, whatever its version. */
export function looksLikeUuid(text: string): boolean {
  return ANY.test(text);
}

/** What to say of a text that should be a stream's uuid and is none. */
export function notAUuid(text: string): string {
  const what = `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}" is no uuid of version 4`;
  return `${what}, which every stream has from its server; take it from there, or name the stream.`;
}
