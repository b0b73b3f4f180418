import { execFileSync } from 'node:child_process';

/**
 * Where a program is on this machine; `undefined`, with a line that says which tests are skipped and how to get it, where there
 * is none. Its package in Debian has its name.
 */
export function findProgram(name: string, skipped: string): string | undefined {
  try {
    return execFileSync('which', [name], { encoding: 'utf8' }).trim();
  } catch {
    process.stderr.write(`${skipped} are skipped: there is no ${name} (Debian: apt-get install ${name}).\n`);
    return undefined;
  }
}
