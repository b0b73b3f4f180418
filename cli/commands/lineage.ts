import { Command } from 'commander';
import { lineageBackfillCommand } from './lineage-backfill.ts';
import { lineageBufferCommand } from './lineage-buffer.ts';

export function lineageCommand(): Command {
  return new Command('lineage')
    .description('who collected what, and what they keep of it')
    .addCommand(lineageBufferCommand())
    .addCommand(lineageBackfillCommand());
}
