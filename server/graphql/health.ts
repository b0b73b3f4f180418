import type { ServerResponse } from 'node:http';

/** A part that is not as it should be, and why, in words for anybody: "database" "does not answer". */
export interface NotReady {
  readonly part: string;
  readonly reason: string;
  /** Everything is served all the same, only less well. */
  readonly serves?: boolean;
}

/** Asks every part whether it is as it should be. Empty when all are. */
export type Readiness = () => Promise<readonly NotReady[]>;

/** `/health/live`: the process runs and answers. */
export function answerLive(response: ServerResponse): void {
  answerJson(response, 200, { status: 'live' });
}

/** `/health/ready`: 200, with what is degraded, or 503 with what is not ready. */
export async function answerReady(response: ServerResponse, readiness: Readiness): Promise<void> {
  // Why is not for anybody who asks.
  const found = await readiness().catch((): readonly NotReady[] => [
    { part: 'readiness', reason: 'could not be found out' },
  ]);
  const notReady = found.filter(({ serves }) => !serves).map(named);
  const degraded = found.filter(({ serves }) => serves).map(named);
  const more = degraded.length > 0 ? { degraded } : {};
  if (notReady.length === 0) answerJson(response, 200, { status: 'ready', ...more });
  else answerJson(response, 503, { status: 'not ready', notReady, ...more });
}

function named({ part, reason }: NotReady): NotReady {
  return { part, reason };
}

export function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

/** 404, in the shape of every other error: there is nothing at the path that was asked for. */
export function answerNothing(response: ServerResponse, message: string): void {
  answerJson(response, 404, { errors: [{ message, extensions: { code: 'NOT_FOUND' } }] });
}
