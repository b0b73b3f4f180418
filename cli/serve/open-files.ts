import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import type { Logger } from 'pino';

/** What a process has open besides connections of clients and to the database: code, logs, Redis, SQLite. */
const OWN_FILES = 64;
/** With fewer files than that somebody should know what follows from it. */
const FEW_FILES = 4_096;
/** How often it is said that clients are turned away, in ms. */
const SAY_EVERY_MS = 60_000;

/**
 * Accepts no more connections than leave files for the database and Redis: clients who take the last one would have
 * everybody else's calls fail. Those too many are closed at once, and find another server or come again.
 */
export function boundConnections(
  server: Server,
  logger: Pick<Logger, 'warn'>,
  { poolSize, openFiles = openFilesLimit() }: { readonly poolSize: number; readonly openFiles?: number },
): void {
  const most = Math.max(1, openFiles - poolSize - OWN_FILES);
  if (!Number.isFinite(most)) return;
  server.maxConnections = most;
  const what = { openFiles, connections: most };
  const whatToDo = 'raise the limit of open files (LimitNOFILE of systemd, ulimit -n)';
  if (openFiles < FEW_FILES) logger.warn(what, `few clients can be connected at once; ${whatToDo}`);
  let saidAt = Number.NEGATIVE_INFINITY;
  server.on('drop', () => {
    if (performance.now() - saidAt < SAY_EVERY_MS) return;
    saidAt = performance.now();
    logger.warn(what, `clients are turned away, as there are as many as can be; ${whatToDo}`);
  });
}

/** How many files this process may have open, as Linux has it; infinite where nobody says. Node.js has raised it to its most. */
function openFilesLimit(): number {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
