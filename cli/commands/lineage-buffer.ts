import type { Command } from 'commander';
import { queryBuffer } from '../client/lineage-operations.ts';
import { EXIT } from '../exit-codes.ts';
import { say, tell } from '../say.ts';
import { connect, withConnection } from './connection.ts';
import { complain, type RangeOptions, rangeCommand, rangeVariables } from './lineage-range.ts';

export function lineageBufferCommand(): Command {
  const command = rangeCommand(
    'buffer',
    'print what the instances that collected a stream keep of it on disk',
  )
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Prints observed_at,value,provider,instance,state by time, each time once; state is published or waiting. Exits with 1 if
the storage of an instance could not be read, which is named.

Examples:
  $ presage lineage buffer kraken_btc --last 1h
  $ presage lineage buffer kraken_btc --from 2026-01-31T12:00:00Z --to 2026-01-31T13:00:00Z --instance east`,
    )
    .action(async (stream: string, options: RangeOptions) => {
      const client = connect(command);
      await client.signIn();
      const variables = await rangeVariables(client, stream, options);
      const unreachable = new Map<string, { name: string; unreachable: string | null }>();
      const asked = new Set<string>();
      for (let after: string | null = null; ; ) {
        const { buffer }: Answer = await client.request(queryBuffer, { ...variables, after, local: false });
        say(buffer.rows.map(options.json ? jsonLine : csvLine).join(''));
        for (const instance of buffer.instances) {
          asked.add(instance.name);
          if (instance.unreachable) unreachable.set(instance.name, instance);
        }
        after = buffer.next;
        if (after === null) break;
      }
      if (asked.size === 0) tell(`presage: ${nobody(stream, options)}\n`);
      if (complain([...unreachable.values()])) process.exitCode = EXIT.failure;
    });
  return withConnection(command);
}

interface Row {
  readonly observedAt: string;
  readonly value: string;
  readonly provider: string;
  readonly instance: string;
  readonly published: boolean;
}

interface Answer {
  readonly buffer: {
    readonly rows: readonly Row[];
    readonly instances: readonly { name: string; unreachable: string | null }[];
    readonly next: string | null;
  };
}

/** Nothing was printed because nobody was asked, which is not the same as that nothing was kept. */
function nobody(stream: string, { instance }: RangeOptions): string {
  const who = instance === undefined ? 'No instance' : `No instance "${instance}"`;
  return `${who} collected ${stream} in that time; presage lineage timeline ${stream} shows who did when.`;
}

function jsonLine(row: Row): string {
  return `${JSON.stringify(row)}\n`;
}

function csvLine({ observedAt, value, provider, instance, published }: Row): string {
  const state = published ? 'published' : 'waiting';
  return `${[observedAt, value, provider, instance, state].map(csvField).join(',')}\n`;
}

/** As RFC 4180 has it. */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
