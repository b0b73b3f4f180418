import { Command } from 'commander';
import { PresageError } from '../../schema/errors.ts';
import { type CreateStreamInput, createStream } from '../client/operations.ts';
import { say } from '../say.ts';
import { connect, withConnection } from './connection.ts';
import { repeatable } from './repeatable.ts';

type Texts = Pick<CreateStreamInput, 'description' | 'secondary' | 'target' | 'meta'>;

interface Options extends Texts {
  readonly tag?: readonly string[];
  readonly cadence?: string;
  readonly json?: boolean;
}

export function createStreamCommand(): Command {
  const command = new Command('create')
    .description('create a stream')
    .argument('<name>', 'its name, which no other stream has')
    .option('--tag <tag>', 'a tag; may be repeated', repeatable)
    .option('--description <text>', 'what it is about, with its unit')
    .option('--cadence <seconds>', 'how far apart its observations are')
    .option('--secondary <text>', 'a second name, such as a field of a source')
    .option('--target <text>', 'what it is to be predicted for')
    .option('--meta <text>', 'anything else')
    .option('--json', 'print the stream as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ presage streams create temperature --tag home --tag outdoors --cadence 60',
    )
    .action(async (name: string, options: Options) => {
      const input = streamInput(name, options);
      const { createStream: stream } = await connect(command).request(createStream, { input });
      say(options.json ? `${JSON.stringify(stream)}\n` : `Created ${stream.name}: ${stream.uuid}\n`);
    });
  return withConnection(command);
}

function streamInput(
  name: string,
  { description, secondary, target, meta, tag, cadence }: Options,
): CreateStreamInput {
  return {
    name,
    ...(description !== undefined && { description }),
    ...(secondary !== undefined && { secondary }),
    ...(target !== undefined && { target }),
    ...(meta !== undefined && { meta }),
    ...(tag !== undefined && { tags: tag }),
    ...(cadence !== undefined && { cadenceSeconds: seconds(cadence) }),
  };
}

function seconds(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new PresageError(
    'BAD_INPUT',
    `--cadence ${text}: write a number of seconds over 0, such as 60 or 0.5.`,
  );
}
