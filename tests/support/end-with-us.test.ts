import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runSource } from './process.ts';

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('ends a process with us, by SIGKILL too, and lets go of one that was ended in order, or is another by now', async () => {
  const [watched, other, reused] = [spawn('sleep', ['60']), spawn('sleep', ['60']), spawn('sleep', ['60'])];
  const directory = await mkdtemp(join(tmpdir(), 'presage-pids-'));
  const [named, stale] = [join(directory, 'its own.pid'), join(directory, 'another.pid')];
  await writeFile(named, `${watched.pid}\n/some/where\n`);
  await writeFile(stale, `1${reused.pid}\n`);
  let said = '';
  const args = [...[watched, other, reused].map(({ pid }) => String(pid)), named, stale];
  const us = runSource(new URL('./end-with-us-child.ts', import.meta.url), args, (line) => (said += line));
  await expect.poll(() => said, { timeout: 20_000 }).toBe('watching');
  const gone = once(watched, 'close');
  us.kill('SIGKILL');
  await gone;
  expect(watched.signalCode).toBe('SIGTERM');
  expect(isAlive(other.pid ?? 0)).toBe(true);
  expect(isAlive(reused.pid ?? 0)).toBe(true);
  other.kill();
  reused.kill();
  await rm(directory, { recursive: true });
});
