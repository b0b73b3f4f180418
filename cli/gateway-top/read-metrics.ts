import { PresageError } from '../../schema/errors.ts';
import { failureReason } from '../../schema/failure-reason.ts';
import { Samples } from './samples.ts';

/** How long a server may take to answer, in ms. */
const PATIENCE_MS = 5_000;

/** Reads a server's `/metrics`. Throws `UNAVAILABLE`, `FORBIDDEN` that say what to do. */
export async function readMetrics(serverUrl: string, token: string | null): Promise<Samples> {
  const url = `${serverUrl}/metrics`;
  let response: Response;
  try {
    response = await fetch(url, {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    throw new PresageError(
      'UNAVAILABLE',
      `${url} can't be reached (${failureReason(error)}); is the server running there?`,
      {
        cause: error,
      },
    );
  }
  if (response.status === 403) {
    throw new PresageError(
      'FORBIDDEN',
      `${url} is not for everybody; run this on the server's machine, or set PRESAGE_METRICS_TOKEN here and there.`,
    );
  }
  if (!response.ok) {
    throw new PresageError('UNAVAILABLE', `${url} answers ${response.status}; is that a Presage server?`);
  }
  return new Samples(await response.text(), performance.now());
}
