import { Command } from 'commander';
import { PresageError } from '../../schema/errors.ts';
import { setPeerLimits } from '../client/operator-operations.ts';
import { say } from '../say.ts';
import { connectAsOperator, withOperator } from './operator-connection.ts';
import { peerArgument } from './peer-argument.ts';
import { wholeNumber } from './whole-number.ts';

interface Options {
  readonly observations?: string;
  readonly predictions?: string;
  readonly streams?: string;
}

export function peerLimitsCommand(): Command {
  const command = new Command('limit')
    .description('give a peer limits of its own; "default" takes one away')
    .addArgument(peerArgument())
    .option('--observations <number>', 'observations a minute')
    .option('--predictions <number>', 'predictions a minute')
    .option('--streams <number>', 'streams that it may own')
    .action(async (peer: string, { observations, predictions, streams }: Options) => {
      const limits = {
        ...(observations !== undefined && { observationsPerMinute: limit('--observations', observations) }),
        ...(predictions !== undefined && { predictionsPerMinute: limit('--predictions', predictions) }),
        ...(streams !== undefined && { streams: limit('--streams', streams) }),
      };
      if (Object.keys(limits).length === 0) {
        throw new PresageError('BAD_INPUT', 'Give --observations, --predictions or --streams.');
      }
      const { member } = await connectAsOperator(command).request(setPeerLimits, { peer, limits });
      say(`${JSON.stringify(member.limits)}\n`);
    });
  return withOperator(command);
}

function limit(flag: string, text: string): number | null {
  return text === 'default' ? null : wholeNumber(flag, text);
}
