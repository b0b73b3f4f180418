import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const LOADER = fileURLToPath(new URL('./typescript.mjs', import.meta.url));

/** A child that runs one of our sources, Node.js with `flags`; `onLine` gets what it prints. */
export function runSource(
  file: URL,
  args: readonly string[],
  onLine: (line: string) => void,
  flags: readonly string[] = [],
): ChildProcess {
  const child = spawn(process.execPath, [...flags, '--import', LOADER, fileURLToPath(file), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (child.stdout) createInterface({ input: child.stdout }).on('line', onLine);
  return child;
}

/** Resolves when the child has ended and everything it printed has been read. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
}
