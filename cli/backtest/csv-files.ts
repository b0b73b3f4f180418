import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';

export interface CsvFile {
  readonly path: string;
  /** Its name without `.csv`. */
  readonly id: string;
  /** The folder it is in, below the one that was asked for; `.` for that itself. */
  readonly group: string;
}

/** Every `*.csv` below a directory, in order. Rejects with a system error if the directory can't be read. */
export async function csvFiles(directory: string): Promise<CsvFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.toLowerCase().endsWith('.csv'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => {
      const group = relative(directory, dirname(path)).split(sep).join('/');
      return { path, id: basename(path).slice(0, -4), group: group === '' ? '.' : group };
    });
}
