import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { StorageError } from './errors.ts';

const run = promisify(execFile);

/** The user that PostgreSQL runs as: it refuses to run as root, which is what containers start us as. */
export interface ServiceAccount {
  readonly uid: number;
  readonly gid: number;
}

/** A program with its arguments, and what `spawn` needs to run it as another user. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: { readonly uid?: number; readonly gid?: number };
}

/** `undefined` unless we are root; then the owner of `existing` if it is there, else `postgres`, else `nobody`. */
export async function findServiceAccount(existing: string): Promise<ServiceAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(existing).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find(([user]) => user === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new StorageError(
    'PostgreSQL refuses to run as root and there is neither a user "postgres" nor "nobody"; run Presage as another user, or set DATABASE_URL.',
  );
}

/**
 * The command run as `account`. Where that user may not enter a folder on the way to `paths` (a home or a temporary
 * folder of root's), it gets the one capability that lets it, by `setpriv` of util-linux.
 */
export async function asServiceAccount(
  account: ServiceAccount | undefined,
  file: string,
  args: readonly string[],
  paths: readonly string[],
): Promise<Command> {
  if (!account) return { file, args, options: {} };
  const closed = await firstClosedFolder(account, [file, ...paths]);
  if (!closed) return { file, args, options: { uid: account.uid, gid: account.gid } };
  await run('setpriv', ['--version']).catch((error: unknown) => {
    throw new StorageError(
      `PostgreSQL refuses to run as root, and the user it would run as (uid ${account.uid}) may not enter ${closed}; run Presage as another user, use a folder that everybody may enter, install setpriv (util-linux), or set DATABASE_URL.`,
      { cause: error },
    );
  });
  const identity = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  // Without the bit a program that asks beforehand whether it may open a file is told no, as PostgreSQL's do.
  const capability = [
    '--securebits=+no_setuid_fixup',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=-all,+dac_override',
  ];
  return { file: 'setpriv', args: [...identity, ...capability, '--', file, ...args], options: {} };
}

async function firstClosedFolder(
  account: ServiceAccount,
  paths: readonly string[],
): Promise<string | undefined> {
  const folders = new Set(paths.flatMap(ancestors));
  for (const folder of folders) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return folder;
  }
  return undefined;
}

function ancestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...ancestors(parent)];
}
