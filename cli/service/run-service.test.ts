import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TYPESCRIPT } from '../testing/run-cli.ts';
import { fromProgram, stop } from './messages.ts';

const FAKE = fileURLToPath(new URL('../testing/fake-service.ts', import.meta.url));

let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

/** Runs the service; resolves when it is up. */
async function run(how: string, supervised = false) {
  const started = fork(FAKE, [how, ...(supervised ? ['supervised'] : [])], {
    execArgv: TYPESCRIPT,
    silent: true,
  });
  child = started;
  const seen = { text: '', readyAt: '' };
  started.stdout?.on('data', (chunk) => {
    seen.text += String(chunk);
  });
  started.on('message', (message) => {
    seen.readyAt = fromProgram(message)?.url ?? '';
  });
  // Not 'close': Node leaves it out after the parent's own disconnect().
  const output = new Promise((resolve) => started.stdout?.once('close', resolve));
  const exit = new Promise<unknown>((resolve) => {
    started.once('exit', (code, signal) => resolve(output.then(() => code ?? signal)));
  });
  await vi.waitFor(() => expect(seen.text + seen.readyAt).toContain('http://fake:1'), { timeout: 10_000 });
  return { child: started, seen, exit };
}

const IN_ORDER = 'Stopping.\nstopping\nstopped\nStopped.\n';

describe('runService', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('stops in order on %s', async (signal) => {
    const { child, seen, exit } = await run('well');
    child.kill(signal);
    expect(await exit).toBe(0);
    expect(seen.text).toBe(`up at http://fake:1\n${IN_ORDER}`);
  });

  it('leaves Ctrl-C to presage start, and stops when told', async () => {
    const { child, seen, exit } = await run('well', true);
    child.kill('SIGINT');
    child.kill('SIGHUP');
    child.send({ version: 2, type: 'stop' });
    child.send(stop());
    expect(await exit).toBe(0);
    expect(seen).toEqual({ text: IN_ORDER, readyAt: 'http://fake:1' });
  });

  it('stops by itself when presage start is gone', async () => {
    const { child, seen, exit } = await run('well', true);
    child.disconnect();
    expect(await exit).toBe(0);
    expect(seen.text).toBe(IN_ORDER);
  });

  it('is cut off when it does not stop in time', async () => {
    const { child, seen, exit } = await run('hangs');
    child.kill('SIGINT');
    expect(await exit).toBe(1);
    expect(seen.text).toContain('It does not stop in time and is cut off.');
  });

  it('ends at once at the second Ctrl-C', async () => {
    const { child, seen, exit } = await run('hangs');
    child.kill('SIGINT');
    await vi.waitFor(() => expect(seen.text).toContain('stopping'));
    child.kill('SIGINT');
    expect(await exit).toBe(130);
  });
});
