import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { fanOut } from './fan-out.ts';
import { latency } from './latency.ts';
import type { Line, Part } from './line.ts';
import { matching } from './matching.ts';
import { memory } from './memory.ts';
import { redisLatency } from './redis-latency.ts';
import { redisThroughput } from './redis-throughput.ts';
import { table } from './report.ts';
import { stall } from './stall.ts';

/**
 * `npm run bench:gateway`: the gateway beside its peers, each line a ratio against one that did the same in the same
 * minute on the same machine. `--only <part>` (repeatable) runs some parts, `--full` the largest sizes too, `--seed <n>`
 * changes what is asked, `--json` prints the lines as JSON.
 */
const PARTS: readonly Part[] = [matching, fanOut, stall, memory, latency, redisLatency, redisThroughput];

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const parts = values.only ? PARTS.filter(({ name }) => values.only?.includes(name)) : PARTS;
if (parts.length < (values.only?.length ?? 0)) {
  throw new Error(`--only takes ${PARTS.map(({ name }) => name).join(', ')}`);
}
// Some parts run whole programs, as users do.
execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
const lines: Line[] = [];
for (const part of parts) {
  process.stderr.write(`${part.name} …\n`);
  try {
    lines.push(...(await part.run({ seed: Number(values.seed), full: values.full })));
  } catch (error) {
    // What the others measured is worth having all the same.
    process.stderr.write(`${part.name} failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
process.stdout.write(values.json ? `${JSON.stringify(lines, null, 2)}\n` : `${table(lines)}\n`);
