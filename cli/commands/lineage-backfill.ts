import type { Command } from 'commander';
import { backfill } from '../client/lineage-operations.ts';
import { EXIT } from '../exit-codes.ts';
import { say, tell } from '../say.ts';
import { complain, type RangeOptions, rangeCommand, rangeVariables } from './lineage-range.ts';
import { connectAsOperator, withOperator } from './operator-connection.ts';

interface Options extends RangeOptions {
  readonly dryRun?: boolean;
}

export function lineageBackfillCommand(): Command {
  const command = rangeCommand(
    'backfill',
    'for operators: fill the log with what instances keep of a stream and it lacks',
  )
    .option('--dry-run', 'only say what is missing')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
What the log has is never changed; where it has another value than the storage, that is counted. Running it again does no
harm. Exits with 1 if something could not be filled or the storage of an instance could not be read.

Examples:
  $ presage lineage backfill kraken_btc --last 7d --dry-run
  $ presage lineage backfill kraken_btc --from 2026-01-31T12:00:00Z`,
    )
    .action(async (stream: string, options: Options) => {
      const client = connectAsOperator(command);
      await client.signIn();
      const variables = await rangeVariables(client, stream, options);
      const total = { checked: 0, missing: 0, filled: 0, different: 0, failed: 0 };
      const unreachable = new Map<string, { name: string; unreachable: string | null }>();
      for (let after: string | null = null; ; ) {
        const { backfill: page }: Answer = await client.request(backfill, {
          ...{ ...variables, after, dryRun: options.dryRun === true },
        });
        for (const count of ['checked', 'missing', 'filled', 'different'] as const)
          total[count] += page[count];
        for (const { index, code, message } of page.errors) {
          total.failed += 1;
          tell(`presage: ${page.missingTimes[index] ?? ''}: ${code}: ${message}\n`);
        }
        for (const instance of page.instances)
          if (instance.unreachable) unreachable.set(instance.name, instance);
        after = page.next;
        if (after === null) break;
      }
      say(options.json ? `${JSON.stringify(total)}\n` : shown(total, options.dryRun === true));
      if (complain([...unreachable.values()]) || total.failed > 0) process.exitCode = EXIT.failure;
    });
  return withOperator(command);
}

interface Answer {
  readonly backfill: {
    readonly checked: number;
    readonly missing: number;
    readonly filled: number;
    readonly different: number;
    readonly missingTimes: readonly string[];
    readonly errors: readonly { index: number; code: string; message: string }[];
    readonly instances: readonly { name: string; unreachable: string | null }[];
    readonly next: string | null;
  };
}

function shown(
  { checked, missing, filled, different, failed }: Readonly<Record<string, number>>,
  dryRun: boolean,
): string {
  const done = dryRun ? `${missing} would be filled` : `${filled} filled, ${failed} failed`;
  return `${checked} in the storage, ${missing} missing in the log, ${different} different there; ${done}.\n`;
}
