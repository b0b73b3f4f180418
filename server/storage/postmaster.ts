import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A running PostgreSQL, as its `postmaster.pid` names it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/**
 * The server that runs on `cluster`, if one does. A `postmaster.pid` that a crash left, and whose pid is nobody's or
 * another program's by now, is removed, since PostgreSQL would refuse to start beside it.
 */
export async function findPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const file = join(cluster, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const [pid, , , port] = text.split('\n').map((line) => Number(line.trim()));
  if (pid && (await runsOn(pid, cluster))) return { pid, port: port ?? 0 };
  await rm(file, { force: true });
  return undefined;
}

async function runsOn(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  // A postmaster's working directory is its cluster. A process that went meanwhile has none.
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return folder !== undefined && folder === (await realpath(cluster));
}

/** Whether there is a process of that number, of whoever it is. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
