import { Command } from 'commander';
import { lineageBackfillCommand } from './lineage-backfill.ts';
import { lineageBufferCommand } from './lineage-buffer.ts';
import { lineageGapsCommand } from './lineage-gaps.ts';
import {
  lineageInstancesCommand,
  lineageRetireCommand,
  lineageTimelineCommand,
  lineageWhoCommand,
} from './lineage-questions.ts';

export function lineageCommand(): Command {
  return new Command('lineage')
    .description('who collected what, and what they keep of it')
    .addCommand(lineageInstancesCommand())
    .addCommand(lineageWhoCommand())
    .addCommand(lineageTimelineCommand())
    .addCommand(lineageGapsCommand())
    .addCommand(lineageRetireCommand())
    .addCommand(lineageBufferCommand())
    .addCommand(lineageBackfillCommand());
}
