import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { endWithUs } from '../../server/storage/end-with-us.ts';
import { findProgram } from './find-program.ts';
import { freePort } from './presage.ts';

/** Where an nginx is on this machine; `undefined`, with a line that says how to get one, where there is none. */
export function findNginx(): string | undefined {
  return findProgram('nginx', 'Tests behind a proxy');
}

/** An nginx of a test's own. */
export class TestNginx {
  readonly url: string;
  readonly #directory: string;
  readonly #child: ChildProcess;

  private constructor(url: string, directory: string, child: ChildProcess) {
    this.url = url;
    this.#directory = directory;
    this.#child = child;
  }

  /** `config` listens where it says LISTEN. */
  static async open(executable: string, config: string): Promise<TestNginx> {
    const directory = await mkdtemp(join(tmpdir(), 'presage-nginx-'));
    const port = await freePort();
    const file = join(directory, 'nginx.conf');
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const temporary = paths.map((name) => `${name}_temp_path ${directory}/${name};`).join(' ');
    await writeFile(
      file,
      `daemon off; pid ${directory}/pid; error_log ${directory}/error.log;\n${config
        .replace('LISTEN', `127.0.0.1:${port}`)
        .replace('http {', `http { access_log off; ${temporary}`)}`,
    );
    const child = spawn(executable, ['-p', directory, '-c', file, '-e', join(directory, 'error.log')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (child.pid !== undefined) child.once('close', endWithUs({ pid: child.pid, signal: 'TERM' }));
    const url = `http://127.0.0.1:${port}`;
    const answers = () =>
      fetch(`${url}/health/live`).then(
        ({ ok }) => ok,
        () => false,
      );
    await vi.waitUntil(answers, { timeout: 20_000 });
    return new TestNginx(url, directory, child);
  }

  /** Reads its configuration again: new workers take new connections, and old ones keep theirs for a while. */
  reload(): void {
    this.#child.kill('SIGHUP');
  }

  async close(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await closed;
    await rm(this.#directory, { recursive: true, force: true });
  }
}
