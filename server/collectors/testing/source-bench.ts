import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { parseCollectors } from '../config/collectors-file.ts';
import type { CollectorSource, Sample } from '../source.ts';

/** Sources as `collectors.yaml` opens them, and an API of the outside world, on this machine, that answers as it is told. */
export class SourceBench {
  readonly #server = createServer((request, response) => {
    this.requests.push(request);
    this.answer(request, response);
  });
  readonly #memories = new Map<string, string>();
  readonly requests: IncomingMessage[] = [];
  answer: RequestListener = () => undefined;
  /** Where `collectors.yaml` lies. */
  directory = '';
  /** Of the API; it can be put between quotes in YAML. */
  url = '';

  /** One for a file of tests: it is ready before each of them, and gone after all. */
  static forTests(): SourceBench {
    const bench = new SourceBench();
    beforeAll(() => bench.#listen());
    afterAll(() => {
      bench.#server.closeAllConnections();
      bench.#server.close();
    });
    beforeEach(() => {
      bench.directory = mkdtempSync(join(tmpdir(), 'presage-sources-'));
    });
    afterEach(() => {
      bench.requests.length = 0;
      bench.#memories.clear();
      rmSync(bench.directory, { recursive: true });
    });
    return bench;
  }

  /** The source of one line of `collectors.yaml`. */
  open(yaml: string, environment: Record<string, string> = {}): CollectorSource {
    const file = join(this.directory, 'collectors.yaml');
    const plan = parseCollectors(`sources:\n  - { ${yaml} }`, file, environment);
    const [opened] = plan.open({
      recall: (source, key) => this.#memories.get(`${source} ${key}`),
      remember: (source, key, value) => void this.#memories.set(`${source} ${key}`, value),
    });
    if (!opened) throw new Error('no source');
    return opened.source;
  }

  async #listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    this.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/api`;
  }
}

export function json(body: string): RequestListener {
  return (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body);
}

export function sample(source: CollectorSource, ms = 5_000): Promise<readonly Sample[]> {
  return source.sample(AbortSignal.timeout(ms));
}

/** What a sample fails with; words that no test expects if it doesn't. */
export async function failure(source: CollectorSource, ms?: number): Promise<unknown> {
  return sample(source, ms).then(
    () => 'nothing failed',
    (error: unknown) => error,
  );
}
