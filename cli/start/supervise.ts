import { PresageError } from '../../schema/errors.ts';
import type { ServiceLog } from '../service/run-service.ts';
import { Program, type ProgramEnd, type ProgramOutput, type ProgramSpec } from './program.ts';

export interface Plan {
  readonly server: ProgramSpec;
  /** Started when the server is ready at `url`. */
  readonly neuron: (url: string) => ProgramSpec;
  /** Resolves when both are to be stopped. */
  readonly stop: Promise<unknown>;
  /** The server answers at `url`; the neuron has been started. */
  readonly onReady: (url: string) => void;
  readonly output: ProgramOutput;
  readonly log: ServiceLog;
  /** How long each may take to stop, in ms; both fit into 5 s. @default 2000 for the neuron, 2500 for the server */
  readonly limits?: { readonly neuronMs: number; readonly serverMs: number };
}

/**
 * Runs the server and, once it is ready, a neuron beside it, until `stop`: then the neuron is stopped first and the
 * server after it, so that the neuron's last predictions still arrive. Nothing is restarted: if one ends by itself, the
 * other is stopped and that is thrown as `UNAVAILABLE`.
 */
export async function supervise(plan: Plan): Promise<void> {
  const { neuronMs, serverMs } = plan.limits ?? { neuronMs: 2_000, serverMs: 2_500 };
  const running: { readonly program: Program; readonly limitMs: number }[] = [];
  const { failed, fail } = failure();
  const launch = (spec: ProgramSpec, limitMs: number): Program => {
    const program = new Program(spec, plan.output);
    running.unshift({ program, limitMs });
    void program.ended.then((end) => fail(endedByItself(program, end)));
    return program;
  };
  const stopped = plan.stop.then(() => undefined);
  let cut: readonly string[] = [];
  try {
    const server = launch(plan.server, serverMs);
    const url = await Promise.race([server.ready, failed, stopped]);
    if (url !== undefined) {
      launch(plan.neuron(url), neuronMs);
      plan.onReady(url);
      await Promise.race([failed, stopped]);
    }
  } finally {
    cut = await stopInOrder(running, plan.log);
  }
  if (cut.length > 0) {
    throw new PresageError(
      'UNAVAILABLE',
      `The ${cut.join(' and the ')} did not stop in time and had to be killed; what was acknowledged is safe.`,
    );
  }
}

/** Stops one after the other; gives the names of those that had to be killed. */
async function stopInOrder(
  running: readonly { readonly program: Program; readonly limitMs: number }[],
  log: ServiceLog,
): Promise<readonly string[]> {
  const cut: string[] = [];
  for (const { program, limitMs } of running) {
    const byItself = await program.stop(limitMs);
    if (!byItself) cut.push(program.name);
    log.info(
      { program: program.name, process: program.pid },
      byItself ? 'Stopped.' : 'Killed: it took too long.',
    );
  }
  return cut;
}

/** A promise that others make reject; its rejection counts as handled even if nobody waits any more. */
function failure(): { readonly failed: Promise<never>; readonly fail: (error: Error) => void } {
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  return { failed, fail };
}

function endedByItself(program: Program, end: ProgramEnd): PresageError {
  const how = end.error?.message ?? (end.signal === null ? `with code ${end.code}` : `by ${end.signal}`);
  return new PresageError(
    'UNAVAILABLE',
    `The ${program.name} (process ${program.pid ?? 'not started'}) ended by itself, ${how}; everything is stopped. Its last lines above say why.`,
  );
}
