/** A loop that calls a job at regular times until it is stopped. */
export interface Beat {
  /** No call begins after this; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/**
 * Calls `job` at once and then every `intervalMs`, counted from the start so that the times don't drift. A job that
 * overruns makes the next ones skip: two never run at once and none catch up. `job` must not reject.
 */
export function startBeat(intervalMs: number, job: () => Promise<void>): Beat {
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();

  const run = (): void => {
    running = job().then(() => {
      if (stopped) return;
      const elapsed = performance.now() - startedAt;
      const next = (Math.floor(elapsed / intervalMs) + 1) * intervalMs;
      timer = setTimeout(run, next - elapsed);
    });
  };
  run();

  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
