import { Command, Option } from 'commander';
import { findGaps } from '../client/lineage-questions.ts';
import { say } from '../say.ts';
import { withConnection } from './connection.ts';
import {
  duration,
  print,
  type StretchOptions,
  seconds,
  signedIn,
  stretch,
  stretchOptions,
} from './lineage-stretch.ts';

/** Shorter gaps are the moment between two steps of a program, such as making a stream and collecting it. */
const NOTICED_MS = 1_000;

export function lineageGapsCommand(): Command {
  const command = stretchOptions(new Command('gaps'))
    .description('when nobody was collecting, and where observations lie too far apart')
    .addOption(new Option('--kind <kind>', 'only gaps of this kind').choices(['coverage', 'data']))
    .option('--min <duration>', 'leave shorter ones out: 30s, 5m (default: 1s; with --json none is left out)')
    .option('--cadences <number>', "how many times the stream's cadence is no gap yet", Number, 3)
    .addHelpText(
      'after',
      `
Examples:
  $ presage lineage gaps kraken_btc --last 7d --min 1m
  $ presage lineage gaps --from 2026-01-01T00:00:00Z --kind coverage`,
    )
    .action(
      async (
        stream: string | undefined,
        options: StretchOptions & { kind?: string; min?: string; cadences: number },
      ) => {
        const client = await signedIn(command);
        const asked = {
          ...(await stretch(client, stream, options)),
          ...{ kind: options.kind?.toUpperCase() ?? null, cadences: options.cadences },
        };
        const ask = async (minMs: number) =>
          (await client.request(findGaps, { ...asked, minSeconds: minMs / 1_000 })).gaps;
        const leastMs = options.min === undefined ? 0 : duration(options.min, ['ms', 's', 'm', 'h', 'd']);
        const gaps = await ask(options.min === undefined && !options.json ? NOTICED_MS : leastMs);
        const rows = gaps.map((gap) => [
          ...[gap.stream.name, gap.kind.toLowerCase(), gap.from, gap.to],
          ...[seconds(gap.durationMs), gap.open ? 'yes' : ''],
        ]);
        const head = ['STREAM', 'KIND', 'FROM', 'TO', 'DURATION', 'OPEN'];
        print(options.json, gaps, [head, ...rows], 'No gaps.');
        if (options.min !== undefined || options.json) return;
        const all = await ask(0);
        const short = all.filter(({ durationMs }) => durationMs < NOTICED_MS).length;
        const least = all.length === options.first ? 'at least ' : '';
        if (short > 0) {
          say(`${least}${short} shorter than 1 s left out; --min 1ms shows them.\n`);
        }
      },
    );
  return withConnection(command);
}
