import { PresageError } from '../../schema/errors.ts';
import { isUuid as isOfVersion4, looksLikeUuid, notAUuid } from '../../schema/uuid.ts';

/**
 * Whether somebody who names a stream gave its uuid; anything else is a name. Throws `BAD_INPUT` for what looks like a uuid
 * and is none that a server made.
 */
export function isUuid(stream: string): boolean {
  if (looksLikeUuid(stream) && !isOfVersion4(stream)) throw new PresageError('BAD_INPUT', notAUuid(stream));
  return isOfVersion4(stream);
}

/** The stream as an observation names it. */
export function streamReference(stream: string): { streamUuid: string } | { streamName: string } {
  return isUuid(stream) ? { streamUuid: stream.toLowerCase() } : { streamName: stream };
}
