import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * `npm run bench:start`: seconds from `npm start` on an empty directory until it is ready (budget 5), and from then
 * until every host stream has its first prediction (budget 60).
 */
const RUNS = 3;
const READY_BUDGET = 5;
const PREDICTED_BUDGET = 60;

interface Answer {
  readonly data: {
    readonly streams: { readonly edges: readonly { readonly node: { readonly name: string } }[] };
    readonly predictions: {
      readonly edges: readonly { readonly node: { readonly stream: { readonly name: string } } }[];
    };
  };
}
const QUESTION = `{ streams(where: { tags: { contains: "host" } }) { edges { node { name } } }
  predictions(first: 1000) { edges { node { stream { name } } } } }`;

for (let run = 1; run <= RUNS; run += 1) {
  const directory = await mkdtemp(join(tmpdir(), 'presage-bench-'));
  const { ready, predicted, streams } = await measure(directory);
  const verdict = ready <= READY_BUDGET && predicted <= PREDICTED_BUDGET ? 'within budget' : 'OVER BUDGET';
  process.stdout.write(
    `run ${run}: ready in ${ready.toFixed(2)} s (budget ${READY_BUDGET}), all ${streams} host streams predicted ${predicted.toFixed(2)} s later (budget ${PREDICTED_BUDGET}): ${verdict}\n`,
  );
  await rm(directory, { recursive: true, force: true });
}

async function measure(directory: string): Promise<{ ready: number; predicted: number; streams: number }> {
  const port = await freePort();
  const began = performance.now();
  const npm = spawn('npm', ['start', '--', '--data-dir', directory, '--port', String(port)], {
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  });
  try {
    await until(async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok);
    const readyAt = performance.now();
    let streams = 0;
    await until(async () => {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: QUESTION }),
      });
      const { data } = (await response.json()) as Answer;
      const predicted = new Set(data.predictions.edges.map(({ node }) => node.stream.name));
      streams = data.streams.edges.length;
      return streams >= 5 && data.streams.edges.every(({ node }) => predicted.has(node.name));
    });
    return { ready: (readyAt - began) / 1_000, predicted: (performance.now() - readyAt) / 1_000, streams };
  } finally {
    const ended = new Promise((resolve) => npm.once('close', resolve));
    // npm runs the program in its own group; a terminal's Ctrl-C reaches all of it.
    if (npm.pid) process.kill(-npm.pid, 'SIGINT');
    await ended;
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition().catch(() => false))) await delay(20);
}

async function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
