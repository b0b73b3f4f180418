import type { ServerResponse } from 'node:http';

/** A part that is not ready, and why: "database" "does not answer". */
export interface NotReady {
  readonly part: string;
  readonly reason: string;
}

/** Asks every part whether it is ready to serve. Empty when all are. */
export type Readiness = () => Promise<readonly NotReady[]>;

/** `/health/live`: the process runs and answers. */
export function answerLive(response: ServerResponse): void {
  answerJson(response, 200, { status: 'live' });
}

/** `/health/ready`: 200, or 503 with what is not ready. */
export async function answerReady(response: ServerResponse, readiness: Readiness): Promise<void> {
  const notReady = await readiness().catch((error: unknown) => [
    { part: 'readiness', reason: error instanceof Error ? error.message : String(error) },
  ]);
  if (notReady.length === 0) answerJson(response, 200, { status: 'ready' });
  else answerJson(response, 503, { status: 'not ready', notReady });
}

export function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
