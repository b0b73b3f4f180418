import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { endWithUs } from '../../server/storage/end-with-us.ts';
import { findProgram } from './find-program.ts';
import { freePort } from './presage.ts';

/** Where a pgbouncer is on this machine; `undefined`, with a line that says how to get one, where there is none. */
export function findPgBouncer(): string | undefined {
  return findProgram('pgbouncer', 'Tests behind a pooler');
}

/** A PgBouncer of a test's own in front of a database. */
export class TestPgBouncer {
  readonly url: string;
  readonly #directory: string;
  readonly #child: ChildProcess;

  private constructor(url: string, directory: string, child: ChildProcess) {
    this.url = url;
    this.#directory = directory;
    this.#child = child;
  }

  /** `settings` are of its section [pgbouncer]. */
  static async open(
    executable: string,
    databaseUrl: string,
    settings: Readonly<Record<string, string | number>>,
  ): Promise<TestPgBouncer> {
    const target = new URL(databaseUrl);
    const directory = await mkdtemp(join(tmpdir(), 'presage-pgbouncer-'));
    // It is read by another user, as pgbouncer does not run as root.
    await chmod(directory, 0o755);
    const port = await freePort();
    const all = {
      ...{ listen_addr: '127.0.0.1', listen_port: port, unix_socket_dir: '', auth_type: 'plain' },
      ...{ auth_file: join(directory, 'users'), max_client_conn: 200, default_pool_size: 40, ...settings },
    };
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
    const databases = `[databases]\n* = host=${target.hostname} port=${target.port}\n`;
    await writeFile(join(directory, 'users'), `"${target.username}" "${target.password}"\n`);
    await writeFile(join(directory, 'ini'), `${databases}[pgbouncer]\n${lines.join('\n')}\n`);
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const child = spawn(executable, [...user, '-q', join(directory, 'ini')], { stdio: 'ignore' });
    if (child.pid !== undefined) child.once('close', endWithUs({ pid: child.pid, signal: 'KILL' }));
    await vi.waitUntil(() => isOpen(port), { timeout: 10_000 });
    target.host = `127.0.0.1:${port}`;
    return new TestPgBouncer(target.href, directory, child);
  }

  async close(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
