const V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ANY = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a uuid as servers make them: version 4, lower case. Others are refused, not repaired. */
export function isServerUuid(text: string): boolean {
  return V4.test(text);
}

/** Whether a text is meant as a uuid, whatever its version: stream names may be anything else. */
export function looksLikeUuid(text: string): boolean {
  return ANY.test(text);
}
