import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PAGE = new URL('../../docs/clients.md', import.meta.url);
/** Where client libraries are: elsewhere, for others than those that Presage itself is built or tested with. */
const LIBRARIES = process.env.PRESAGE_CLIENT_LIBRARIES ?? fileURLToPath(new URL('../..', import.meta.url));
/** What browsers have by themselves and Node.js 20 has not. */
const IN_BROWSERS = `
import { EventSource as Source } from 'eventsource';
import { WebSocket as Socket } from 'ws';
globalThis.WebSocket ??= Socket;
globalThis.EventSource ??= Source;
`;
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  js: [process.execPath, '--input-type=module', '-'],
  python: ['python3', '-'],
  sh: ['bash'],
};

export interface Recipe {
  readonly title: string;
  readonly language: string;
  readonly code: string;
}

/** The first program of each section of docs/clients.md; what is to be typed there is none. */
export function readRecipes(): readonly Recipe[] {
  const sections = readFileSync(PAGE, 'utf8').split(/^## /m).slice(1);
  return sections.flatMap((section) => {
    const [, language, code] = /^```(\w+)\n(.*?)^```/ms.exec(section) ?? [];
    const title = section.slice(0, section.indexOf('\n'));
    return language && language in PROGRAMS && code ? [{ title, language, code }] : [];
  });
}

/** What a recipe needs that is not here; null if it can run. */
export function missing({ language, code }: Recipe): string | null {
  if (language === 'js') {
    const { resolve } = createRequire(pathToFileURL(`${LIBRARIES}/recipe.js`));
    const names = [...code.matchAll(/from '([^']+)'/g)].map(([, name = '']) => name);
    return names.find((name) => !succeeds(() => resolve(name))) ?? null;
  }
  const needed = language === 'python' ? ['python3', '-c', 'import websockets'] : ['curl', '--version'];
  const [program = '', ...args] = needed;
  return succeeds(() => execFileSync(program, args, { stdio: 'ignore' })) ? null : needed.join(' ');
}

function succeeds(what: () => unknown): boolean {
  try {
    what();
    return true;
  } catch {
    return false;
  }
}

/** A recipe as a program, with another server than the page's. */
export class RunningRecipe {
  readonly #child: ChildProcess;
  output = '';
  /** What it wrote for people, which a shell or an interpreter may do for reasons of its own. */
  complaints = '';

  constructor({ language, code }: Recipe, host: string) {
    const [program = '', ...args] = PROGRAMS[language] ?? [];
    // A group of its own, as a shell has programs of its own.
    this.#child = spawn(program, args, { cwd: LIBRARIES, detached: true });
    this.#child.stdout?.on('data', (part: Buffer) => {
      this.output += part;
    });
    this.#child.stderr?.on('data', (part: Buffer) => {
      this.complaints += part;
    });
    const head = language === 'js' ? IN_BROWSERS : '';
    this.#child.stdin?.end(head + code.replaceAll('127.0.0.1:4000', host));
  }

  stop(): void {
    const { pid, exitCode } = this.#child;
    if (pid !== undefined && exitCode === null) process.kill(-pid, 'SIGKILL');
  }
}

/** The types and values that were printed, as text or as JSON: `READY`, `CREATE 21.5`. */
export function printed(output: string): string[] {
  return output.split('\n').flatMap((line) => {
    if (line.startsWith('{')) {
      const { type, observation }: { type: string; observation: { value: string } | null } = JSON.parse(line);
      return [observation ? `${type} ${observation.value}` : type];
    }
    return line === '' ? [] : [line.replace(/ (?:undefined|None)$/, '')];
  });
}
