import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Has a process ended by `signal` when ours is gone, however it went: a shell waits for the end of a pipe that the system
 * closes with us. What is given ends the watch: to be called once the process was ended in order.
 */
export function endWithUs(pid: number, signal: 'TERM' | 'QUIT' | 'KILL'): () => void {
  const watch = spawn('sh', ['-c', `cat > /dev/null; kill -${signal} ${pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Whatever ends our group must not end it.
    detached: true,
  });
  watch.on('error', () => undefined);
  watch.unref();
  if (watch.stdin instanceof Socket) watch.stdin.unref();
  return () => watch.kill('SIGKILL');
}
