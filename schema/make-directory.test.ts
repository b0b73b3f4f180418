import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory } from './make-directory.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'presage-directory-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('a directory that is made', () => {
  it('is there with those above it, with their mode, and stays when it is made again', () => {
    const path = join(root, 'a', 'b', 'c');
    makeDirectory(path, 0o700);
    makeDirectory(path, 0o755);
    const modes = [path, join(path, '..'), join(path, '..', '..')].map((one) => statSync(one).mode & 0o777);
    expect(modes).toEqual([0o700, 0o700, 0o700]);
  });

  it('is refused where a file is in the way, by the name of what is', () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    expect(() => makeDirectory(file)).toThrow(/EEXIST/);
    expect(() => makeDirectory(join(file, 'inside', 'it'))).toThrow(/EEXIST|ENOTDIR/);
  });

  it.runIf(existsSync('/proc/self'))(
    'is refused, and not tried for ever, where the system takes none',
    () => {
      expect(() => makeDirectory('/proc/presage/inside')).toThrow(/ENOENT.*'\/proc\/presage'/);
    },
  );
});
