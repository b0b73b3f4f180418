import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { environment } from '../config/environment.ts';

const LOADER = new URL('../../tests/support/typescript.mjs', import.meta.url).href;
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** Node's arguments that make it run our sources. */
export const TYPESCRIPT = ['--import', LOADER];

/** A program of a test that is running: everything it has said so far. */
export interface RunningProgram {
  readonly child: ChildProcessWithoutNullStreams;
  readonly output: { stdout: string; stderr: string };
  /** Resolves with the exit code when it has ended; the signal's name if one killed it. */
  readonly exit: Promise<number | string>;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `presage …` as a process of its own, in a clean environment. */
export function startCli(args: readonly string[], options: RunOptions): RunningProgram {
  return startNode([...TYPESCRIPT, MAIN, ...args], options);
}

/** Runs Node as a process of its own. */
export function startNode(args: readonly string[], { cwd, env = {} }: RunOptions): RunningProgram {
  const { PATH, HOME } = environment();
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...(PATH && { PATH }), ...(HOME && { HOME }), ...env },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += String(chunk);
  });
  const exit = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  return { child, output, exit };
}

/** Runs `presage …` to its end. */
export async function runCli(args: readonly string[], options: RunOptions) {
  const program = startCli(args, options);
  program.child.stdin.end();
  const exitCode = await program.exit;
  return { exitCode, ...program.output };
}
