import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { PresageError } from '../../schema/errors.ts';

export interface CsvFile {
  readonly path: string;
  /** Its name without `.csv`. */
  readonly id: string;
  /** The folder it is in, below the one that was asked for; `.` for that itself. */
  readonly group: string;
}

/**
 * Every `*.csv` below a directory, in order, or the file that was named. Symbolic links are followed, but not back to a
 * folder that they are in. Throws `BAD_INPUT` if there is no such thing, or if it can't be read.
 */
export async function csvFiles(directory: string): Promise<CsvFile[]> {
  const found = await target(directory);
  if (!found) throw new PresageError('BAD_INPUT', `There is no directory "${directory}".`);
  if (found.isFile()) return [{ path: directory, id: basename(directory, '.csv'), group: '.' }];
  return (await pathsBelow(directory, new Set())).sort().map((path) => {
    const group = relative(directory, dirname(path)).split(sep).join('/');
    return { path, id: basename(path).slice(0, -4), group: group === '' ? '.' : group };
  });
}

/** `above`: the real paths of the folders that this one was reached by. */
async function pathsBelow(directory: string, above: ReadonlySet<string>): Promise<string[]> {
  const real = await realpath(directory);
  if (above.has(real)) return [];
  const within = new Set(above).add(real);
  const paths: string[] = [];
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    const isSeries = name.toLowerCase().endsWith('.csv');
    const found = await target(path);
    if (found?.isDirectory()) paths.push(...(await pathsBelow(path, within)));
    // A link that leads nowhere is a series that can't be read, and is reported as one.
    else if (isSeries && (found === undefined || found.isFile())) paths.push(path);
  }
  return paths;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PresageError(
      'BAD_INPUT',
      `The directory "${directory}" can't be read (${why}); give this user access.`,
    );
  }
}

/** What a path is or leads to; undefined for a link that leads nowhere. */
async function target(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}
