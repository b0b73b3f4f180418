import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { runSource } from './process.ts';

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('ends a process with us, by SIGKILL too, and lets go of one that was ended in order', async () => {
  const [watched, other] = [spawn('sleep', ['60']), spawn('sleep', ['60'])];
  let said = '';
  const args = [String(watched.pid), String(other.pid)];
  const us = runSource(new URL('./end-with-us-child.ts', import.meta.url), args, (line) => (said += line));
  await expect.poll(() => said, { timeout: 20_000 }).toBe('watching');
  const gone = once(watched, 'close');
  us.kill('SIGKILL');
  await gone;
  expect(watched.signalCode).toBe('SIGTERM');
  expect(isAlive(other.pid ?? 0)).toBe(true);
  other.kill();
});
