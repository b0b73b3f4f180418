import { PresageError } from '../../schema/errors.ts';
import { isUuid } from './stream-reference.ts';

interface Named {
  readonly uuid: string;
  readonly name: string;
}

/** The streams that somebody named by name or uuid, as a filter; every stream where nobody did. */
export function whereNamed(streams: readonly string[]): object {
  if (streams.length === 0) return {};
  const uuids = streams.filter(isUuid).map((uuid) => uuid.toLowerCase());
  const names = streams.filter((stream) => !isUuid(stream));
  return {
    or: [
      ...(uuids.length > 0 ? [{ uuid: { in: uuids } }] : []),
      ...(names.length > 0 ? [{ name: { in: names } }] : []),
    ],
  };
}

/** Those of the named streams that were not found, quoted, with commas between them; empty if all were. */
export function missingStreams(named: readonly string[], found: readonly Named[]): string {
  const known = new Set(found.flatMap(({ uuid, name }) => [uuid, name]));
  const missing = named.filter((stream) => !known.has(isUuid(stream) ? stream.toLowerCase() : stream));
  return missing.map((stream) => `"${stream}"`).join(', ');
}

/** Throws `NOT_FOUND` if one of the named streams was not found. What was found has been shown by then. */
export function mustBeFound(named: readonly string[], found: readonly Named[]): void {
  const missing = missingStreams(named, found);
  if (missing === '') return;
  throw new PresageError(
    'NOT_FOUND',
    `There is no stream ${missing} that you may read; presage streams lists those that there are.`,
  );
}
