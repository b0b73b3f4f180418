import type { NewStream } from '../../domain/stream/streams.ts';

/** The description of a stream about the server's own machine. */
export function hostStream(
  name: string,
  description: string,
  intervalMs: number,
  tags: readonly string[] = [],
): NewStream {
  return { name, description, tags: ['host', ...tags], cadenceSeconds: intervalMs / 1_000 };
}
