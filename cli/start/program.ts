import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fromProgram, stop } from '../service/messages.ts';

/** A program of its own that `start` runs. */
export interface ProgramSpec {
  /** As people know it: "server", "neuron". */
  readonly name: string;
  /** Arguments for this Node. */
  readonly args: readonly string[];
  /** Its environment. @default ours */
  readonly environment?: Readonly<Record<string, string>>;
}

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

export interface ProgramOutput {
  /** A line of the program's log. */
  readonly out: (line: string) => void;
  /** A line of what it says besides: errors for people. */
  readonly error: (line: string) => void;
}

/** How long the output of a program that has ended is waited for, in ms: something it left behind may hold it open. */
const OUTPUT_GRACE_MS = 250;

/** A running program, in a process group of its own: the terminal's Ctrl-C doesn't reach it, only `stop` does. */
export class Program {
  readonly name: string;
  readonly pid: number | undefined;
  /** Resolves with the URL that the program says it is ready at. Never settles if it ends before. */
  readonly ready: Promise<string>;
  /** Resolves when it has ended, its output included. */
  readonly ended: Promise<ProgramEnd>;
  readonly #child: ChildProcess;
  #isOver = false;

  constructor(spec: ProgramSpec, output: ProgramOutput) {
    this.name = spec.name;
    this.#child = spawn(process.execPath, [...process.execArgv, ...spec.args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: process.platform !== 'win32',
      windowsHide: true,
      ...(spec.environment && { env: spec.environment }),
    });
    this.pid = this.#child.pid;
    this.ready = new Promise((resolve) => {
      this.#child.on('message', (message) => {
        const known = fromProgram(message);
        if (known) resolve(known.url);
      });
    });
    const read = Promise.all([
      eachLine(this.#child.stdout, output.out),
      eachLine(this.#child.stderr, output.error),
    ]);
    this.ended = this.#end().then(async (end) => {
      this.#isOver = true;
      await Promise.race([read, pause(OUTPUT_GRACE_MS)]);
      return end;
    });
  }

  /** Tells it to stop; after `limitMs` its process group is killed. Resolves when it has ended: true if by itself. */
  async stop(limitMs: number): Promise<boolean> {
    if (this.#isOver) return true;
    // A channel that breaks while we write says that it is ending anyway.
    if (this.#child.connected) this.#child.send(stop(), () => {});
    const inTime = await Promise.race([this.ended.then(() => true), pause(limitMs, false, { ref: false })]);
    if (!inTime) {
      this.#kill();
      await this.ended;
    }
    return inTime;
  }

  #kill(): void {
    try {
      if (this.pid !== undefined && process.platform !== 'win32') process.kill(-this.pid, 'SIGKILL');
      else this.#child.kill('SIGKILL');
    } catch {
      // It ended in this very moment.
    }
  }

  #end(): Promise<ProgramEnd> {
    return new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
      this.#child.once('error', (error) => {
        if (this.pid === undefined) resolve({ code: null, signal: null, error });
      });
    });
  }
}

async function eachLine(stream: Readable | null, handle: (line: string) => void): Promise<void> {
  if (!stream) return;
  for await (const line of createInterface({ input: stream })) handle(line);
}
