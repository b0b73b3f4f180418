import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/** What to end, and how. */
export interface Watched {
  readonly pid: number;
  readonly signal: 'INT' | 'TERM' | 'KILL';
  /** A file whose first line is the pid for as long as it is still the same process. */
  readonly pidFile?: string;
}

/** Waits for the end of a pipe; `$1` is the pid, `$2` the file that has it. */
const WATCH = 'read -r _; [ -z "$2" ] || { read -r now < "$2" && [ "$now" = "$1" ]; } && kill';

/**
 * Has a process ended when ours is gone, however it went: a shell waits for the end of a pipe that the system closes with
 * us. What is given ends the watch: to be called once the process was ended in order. Windows has no such shell: there
 * nothing is watched.
 */
export function endWithUs({ pid, signal, pidFile = '' }: Watched): () => void {
  if (process.platform === 'win32') return () => undefined;
  const watch = spawn('/bin/sh', ['-c', `${WATCH} -${signal} "$1"`, 'sh', String(pid), pidFile], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    env: {},
    // Whatever ends our group must not end it.
    detached: true,
  });
  watch.on('error', () => undefined);
  watch.unref();
  if (watch.stdin instanceof Socket) watch.stdin.unref();
  return () => watch.kill('SIGKILL');
}
