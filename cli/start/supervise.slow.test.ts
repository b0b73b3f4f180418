import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RunningProgram, startNode, TYPESCRIPT } from '../testing/run-cli.ts';

const FAKE_START = fileURLToPath(new URL('../testing/fake-start.ts', import.meta.url));

let cwd = '';
let start: RunningProgram | undefined;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'presage-start-'));
});
afterEach(async () => {
  start?.child.kill('SIGKILL');
  await start?.exit;
  rmSync(cwd, { recursive: true });
});

/** What the programs wrote down, without their process ids. */
function journal(): string[] {
  const file = join(cwd, 'journal');
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  return text === '' ? [] : text.split('\n').map((line) => line.replace(/ \d+$/, ''));
}

function pidOf(name: string): number {
  const match = new RegExp(`${name} started (\\d+)`).exec(readFileSync(join(cwd, 'journal'), 'utf8'));
  return Number(match?.[1]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Ended, but not yet fetched by whoever inherited it.
  return statusOf(pid)[0] !== 'Z';
}

/** State, parent and process group as Linux has them; empty elsewhere, and for what has ended. */
function statusOf(pid: number): readonly string[] {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) ? (readFileSync(file, 'utf8').split(') ')[1] ?? '').split(' ') : [];
}

async function run(server: string, neuron: string, until: readonly string[]): Promise<RunningProgram> {
  start = startNode([...TYPESCRIPT, FAKE_START, join(cwd, 'journal'), server, neuron], { cwd });
  await vi.waitFor(() => expect(journal()).toEqual(expect.arrayContaining([...until])), { timeout: 10_000 });
  return start;
}

const BOTH = ['server started', 'neuron started'];

describe('supervise', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'stops the neuron, then the server, on %s',
    async (signal) => {
      const { child, exit, output } = await run('well', 'well', BOTH);
      await vi.waitFor(() => expect(output.stdout).toContain('hello from neuron'));
      child.kill(signal);
      expect(await exit).toBe(0);
      expect(journal()).toEqual([
        ...BOTH,
        'neuron stopping',
        'neuron stopped',
        'server stopping',
        'server stopped',
      ]);
      expect(output.stdout).toContain('ready at http://fake:1');
      expect(output.stderr).toBe('');
    },
  );

  it.each(['server', 'neuron'])('says so when the %s is killed, and stops the other', async (victim) => {
    const { exit, output } = await run('well', 'well', BOTH);
    process.kill(pidOf(victim), 'SIGKILL');
    expect(await exit).toBe(1);
    const other = victim === 'server' ? 'neuron' : 'server';
    expect(journal()).toEqual([...BOTH, `${other} stopping`, `${other} stopped`]);
    expect(output.stderr).toMatch(
      new RegExp(`^presage: The ${victim} \\(process \\d+\\) ended by itself, by SIGKILL; .*\\n$`),
    );
  });

  it('starts no neuron if the server never gets ready', async () => {
    const { exit, output } = await run('die', 'well', ['server started']);
    expect(await exit).toBe(1);
    expect(journal()).toEqual(['server started']);
    expect(output.stderr).toContain('ended by itself, with code 3');
    expect(output.stdout).toContain('hello from server');
  });

  it('kills what does not stop in time, and says so', async () => {
    const { child, exit, output } = await run('well', 'deaf', BOTH);
    child.kill('SIGINT');
    expect(await exit).toBe(1);
    expect(journal()).toEqual([...BOTH, 'neuron stopping', 'server stopping', 'server stopped']);
    expect(output.stderr).toContain('The neuron did not stop in time');
    expect(isAlive(pidOf('neuron'))).toBe(false);
  });

  it.runIf(existsSync('/proc/self/stat'))('keeps the terminal’s Ctrl-C from the programs', async () => {
    const { child, exit } = await run('well', 'well', BOTH);
    // A terminal sends it to its foreground process group; theirs are their own.
    for (const name of ['server', 'neuron']) expect(statusOf(pidOf(name))[2]).toBe(String(pidOf(name)));
    child.kill('SIGINT');
    expect(await exit).toBe(0);
    expect(journal().filter((line) => line.includes('SIGINT'))).toEqual([]);
  });

  it('leaves nothing behind when it is killed itself', async () => {
    const { child, exit } = await run('well', 'well', BOTH);
    child.kill('SIGKILL');
    expect(await exit).toBe('SIGKILL');
    await vi.waitFor(() =>
      expect(journal()).toEqual(expect.arrayContaining(['server orphaned', 'neuron orphaned'])),
    );
    await vi.waitFor(() => expect([pidOf('server'), pidOf('neuron')].filter(isAlive)).toEqual([]));
  });
});
