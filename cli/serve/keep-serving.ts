import { setTimeout as pause } from 'node:timers/promises';
import type { RunningServer } from './running-server.ts';

/** How long a server that begins anew is tried to be started, and the pause between two attempts, in ms. */
const PATIENCE_MS = 120_000;
const PAUSE_MS = 1_000;

interface ServingLog {
  warn(fields: object, message: string): void;
}

/** A server that outlives what its database is put through. */
export interface Serving {
  /** Without a path: where it is reached the whole time. */
  readonly url: string;
  /** Resolves when it was drained, rejects when it could not be started again. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Runs a server, and another in its place when its database turns out to have been put back to an earlier state: whatever
 * remembered something of what is lost is gone with the first, and clients come again with their cursors, which are judged by
 * what is there now (decision 0085). `start` is given the port that it is to have.
 */
export async function keepServing(
  start: (port?: number) => Promise<RunningServer>,
  log: ServingLog,
): Promise<Serving> {
  let server = await start();
  const { url } = server;
  const port = Number(new URL(url).port);
  const stopped = new AbortController();
  const isStopped = new Promise<undefined>((resolve) => {
    stopped.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const run = async (): Promise<void> => {
    for (;;) {
      const fact = await Promise.race([isStopped, server.drained.then(() => undefined), server.wentBack]);
      if (!fact) return;
      log.warn(
        fact,
        'The database is an earlier state of itself: what this server remembers of it can be wrong. It begins anew; clients come again, and are told if they have what is lost.',
      );
      await server.close();
      if (stopped.signal.aborted) return;
      server = await startAgain(() => start(port), log, stopped.signal);
    }
  };
  const ended = run();
  return {
    url,
    ended,
    stop: async () => {
      stopped.abort();
      // One that is closed or started just now is waited for.
      await ended.catch(() => undefined);
      await server.close();
    },
  };
}

/** The database may be on its way to yet another state. */
async function startAgain(
  start: () => Promise<RunningServer>,
  log: ServingLog,
  signal: AbortSignal,
): Promise<RunningServer> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (signal.aborted || performance.now() > until) throw error;
      log.warn({ err: error }, 'The server could not begin anew; that is tried again.');
      await pause(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
