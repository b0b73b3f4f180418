const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether somebody who names a stream gave its uuid; anything else is a name. */
export function isUuid(stream: string): boolean {
  return UUID.test(stream);
}

/** The stream as an observation names it. */
export function streamReference(stream: string): { streamUuid: string } | { streamName: string } {
  return isUuid(stream) ? { streamUuid: stream.toLowerCase() } : { streamName: stream };
}
