import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { Line } from './line.ts';
import { redisLatency } from './redis-latency.ts';
import { redisThroughput } from './redis-throughput.ts';
import { table } from './report.ts';

/** `npm run bench:redis`: what Redis costs and what it gives. `--only latency-over-redis`, `--full`, `--json`. */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
const lines: Line[] = [];
for (const part of [redisLatency, redisThroughput]) {
  if (values.only && !values.only.includes(part.name)) continue;
  process.stderr.write(`${part.name} …\n`);
  lines.push(...(await part.run({ seed: 1, full: values.full })));
}
process.stdout.write(values.json ? `${JSON.stringify(lines, null, 2)}\n` : `${table(lines)}\n`);
